/** @import {Conversation, Member} from "../wireside/types.js" */
import { open } from "./dialog.js";
import { element, icon } from "./dom.js";
import { MembersView } from "./members.js";
import { permitsOf } from "./permits.js";
import { PolicyView } from "./policy.js";
import { failureText, titleOf } from "./texts.js";
import { fullTime } from "./times.js";

/**
 * @typedef {{
 *   invite: () => void, rename: () => void, removeMember: (member: Member) => void,
 *   setPolicy: (policy: string) => Promise<void>,
 *   share: () => void, unshare: () => void, save: (format: "json" | "md") => Promise<void>, leave: () => void, end: () => void, delete: () => void, closed: () => void,
 * }} DetailsActions
 */

/** Everything about an open conversation that is not its messages; it follows what happens. */
export class Details {
  #user;
  #members;
  #policy;
  #title;
  #buttons;
  #save;
  #problem = element("p", { class: "problem", role: "alert" });
  #shared = element("p", { class: "hint" });
  #keep = element("section", { "aria-labelledby": "keep-heading" }, element("h3", { id: "keep-heading" }, "Share and keep"), this.#shared);
  #dialog;

  /**
   * @param {{id: string, roles: string[]}} user
   * @param {DetailsActions} actions
   */
  constructor(user, actions) {
    this.#user = user;
    this.#members = new MembersView(user.id, actions.removeMember);
    this.#policy = new PolicyView(actions.setPolicy, failureText);
    this.#title = element("p", { class: "details-title", dir: "auto" });
    /** @param {"json" | "md"} format */
    this.#save = (format) => void this.#saving(format, actions.save(format));
    this.#buttons = {
      rename: button("Rename", "rename", actions.rename),
      invite: button("Invite somebody", "invite", actions.invite),
      share: button("Share a link…", "link", actions.share),
      unshare: button("Withdraw the link…", "close", actions.unshare),
      md: button("Save as text (Markdown)", "down", () => this.#save("md")),
      json: button("Save as data (JSON)", "down", () => this.#save("json")),
      leave: button("Leave…", "leave", actions.leave),
      end: button("End for everybody…", "end", actions.end),
      delete: button("Delete for everybody…", "delete", actions.delete, "risky"),
    };
    this.#dialog = open({ title: "Conversation details", className: "sheet", children: this.#sections(), onClose: actions.closed });
  }

  #sections() {
    const { rename, invite, share, unshare, md, json, leave, end, delete: remove } = this.#buttons;
    this.#keep.append(element("div", { class: "deeds" }, share, unshare, md, json), this.#problem);
    return [
      element("section", { class: "details-name", "aria-label": "Name" }, this.#title, rename),
      this.#members.node,
      element("div", { class: "deeds" }, invite),
      this.#policy.node,
      this.#keep,
      element("section", { "aria-labelledby": "leave-heading" }, element("h3", { id: "leave-heading" }, "Leave, end, delete"), element("div", { class: "deeds" }, leave, end, remove)),
    ];
  }

  /** @param {Conversation} conversation */
  render(conversation) {
    const permits = permitsOf(conversation, this.#user);
    this.#title.textContent = titleOf(conversation, this.#user.id);
    this.#members.render(conversation, permits.remove);
    this.#policy.render(conversation.reply_policy, permits.change);
    this.#buttons.rename.hidden = this.#buttons.invite.hidden = !permits.change;
    this.#buttons.share.hidden = !permits.share;
    this.#buttons.unshare.hidden = !permits.unshare;
    this.#buttons.md.hidden = this.#buttons.json.hidden = !permits.save;
    this.#keep.hidden = !permits.share && !permits.unshare && !permits.save;
    this.#shared.hidden = conversation.shared === undefined;
    this.#shared.textContent = conversation.shared ? `Shared by a link since ${fullTime(conversation.shared.created_at)}.` : "";
    this.#buttons.leave.hidden = !permits.leave;
    this.#buttons.end.hidden = !permits.end;
    this.#buttons.delete.hidden = !permits.delete;
  }

  close() {
    this.#dialog.close();
  }

  /**
   * @param {"json" | "md"} format
   * @param {Promise<void>} saving a long conversation takes a while
   */
  async #saving(format, saving) {
    this.#problem.textContent = "";
    this.#buttons[format].disabled = true;
    await saving.catch((error) => (this.#problem.textContent = failureText(error)));
    this.#buttons[format].disabled = false;
  }
}

/**
 * @param {string} label
 * @param {"rename" | "invite" | "link" | "down" | "leave" | "end" | "delete" | "close"} name
 * @param {() => void} onclick
 * @param {string} [extra]
 */
function button(label, name, onclick, extra = "") {
  return element("button", { type: "button", class: `deed-button ${extra}`.trim(), onclick }, icon(name), label);
}
