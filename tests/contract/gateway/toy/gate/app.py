"""Lets in whom ``?who=`` says, by the name of the case."""


def handler(event, _context):
    who = (event.get("queryStringParameters") or {}).get("who", "ana")
    if who == "nobody":
        raise Exception("Unauthorized")
    if who == "broken":
        raise RuntimeError("broken")
    if who == "senseless":
        return {"policyDocument": "let them in"}
    effect = "Deny" if who == "foe" else "Allow"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": who,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"name": who, "number": 7, "yes": True},
    }
