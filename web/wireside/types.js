/**
 * What comes over the wire, as far as this client reads it; see docs/protocol.md.
 * Unknown types, kinds and fields are ignored.
 *
 * @typedef {"human" | "assistant" | "operator" | "system"} SenderType
 * @typedef {{id: string, name: string, type: SenderType}} Sender
 * @typedef {{id: string, name: string, type: SenderType, role: string, joined_at: string}} Member
 *
 * @typedef {{
 *   seq: number, n: number, kind: string, at: string, sender: Sender,
 *   client_id?: string, truncated?: boolean, body: Record<string, any>,
 * }} Event An entry of the log.
 *
 * @typedef {{
 *   id: string, title: string | null, created_at: string, last_at: string, head: number, n: number,
 *   read_seq: number, unread?: number, model: string, reply_policy: string, members: Member[],
 *   operator?: {id: string, name: string}, help?: Record<string, any>, ended_at?: string, shared?: Shared,
 * }} Conversation
 * @typedef {{through_seq: number, created_at: string}} Shared how far a conversation is shared by a link, and since when
 * @typedef {{
 *   seq: number, at: string, sender: {key: string, name: string, type: SenderType}, text: string, edited?: boolean,
 *   deleted?: boolean, regenerates?: number, finish_reason?: string, items?: unknown[],
 * }} SharedMessage
 * @typedef {{title: string | null, created_at: string, through_seq: number, items: SharedMessage[], cursor?: string}} SharedPage
 *
 * @typedef {{conversation_id: string, title: string | null, seq: number, at: string, sender: {name: string}, snippet: string}} Found
 * @typedef {{items: Found[], complete: boolean}} FoundPage not `complete` where there was too much to look through
 *
 * @typedef {{run_id: string, participant: string, trigger_seq: number, fence: number, offset: number, text: string}}
 *   OpenedRun `offset` counts the code points before `text`.
 * @typedef {{run_id: string, participant: string, trigger_seq: number, fence: number, state: string}} RunFrame
 * @typedef {{run_id: string, fence: number, offset: number, text: string}} DeltaFrame
 *
 * @typedef {{type: string, ref?: string, conversation_id?: string} & Record<string, any>} Frame
 * @typedef {{action: string} & Record<string, any>} ClientFrame
 * @typedef {{id: string, name: string}} Named
 * @typedef {{text_code_points: number, frame_bytes: number, open_conversations: number}} Limits
 *
 * @typedef {{code: string, message: string, retryable: boolean, retry_after_ms?: number, details?: Record<string, string>}} Refusal
 */
export {};
