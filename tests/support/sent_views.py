"""What a page sent to our own components of it."""

import json


def sent_data(app):
    """Give the data of each, as it arrives in the browser; of films, which are no JSON, nothing."""
    sent = [one.proto for one in app.get("bidi_component")]
    texts = [proto.json or (proto.bytes if proto.bytes[:1] == b"{" else b"") for proto in sent]
    return [json.loads(text) for text in texts if text]
