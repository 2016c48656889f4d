# SPDX-License-Identifier: BSD-3-Clause
"""GET and HEAD /api/v2/keys: which keys, in which order, which page of them."""

from ibmcloud.clock import from_text
from ibmcloud.kms_errors import refuse

WHAT = "Keys could not be retrieved"
LIMIT, LIMIT_MAX = 200, 5000
SEARCHED_MAX = 5000
DATES = ("creationDate", "lastUpdateDate", "lastRotateDate", "deletionDate", "expirationDate")
SORTED_BY = ("id", "state", "extractable", "imported", *DATES)
COMPARE = {"lt": lambda a, b: a < b, "lte": lambda a, b: a <= b, "gt": lambda a, b: a > b,
           "gte": lambda a, b: a >= b}


def bad(query, message):
    return refuse(400, WHAT, "INVALID_FIELD_ERR", message, query=query)


def number(request, name, default, least, most):
    word = request.argument(name, str(default))
    if not word.isdigit() or not least <= int(word) <= most:
        raise bad(name, f"{name} must be {least} to {most}")
    return int(word)


def states(request):
    """Asked-for states; without the parameter all but the destroyed."""
    word = request.argument("state")
    if word is None:
        return {0, 1, 2, 3}
    if not all(part in ("0", "1", "2", "3", "5") for part in word.split(",")):
        raise bad("state", "state must be a list of 0, 1, 2, 3, 5")
    return {int(part) for part in word.split(",")}


def select(request, instance):
    """What HEAD counts and GET lists: by ring, state, extractable and filter."""
    now = instance.clock.now()
    wanted, ring = states(request), request.header("x-kms-key-ring")
    extractable = request.argument("extractable")
    if extractable not in (None, "true", "false"):
        raise bad("extractable", "extractable must be true or false")
    found = [key for key in instance.all() if ring in (None, key.ring)]
    filters = request.argument("filter")
    if filters is None:
        found = [key for key in found if key.state(now) in wanted]
    if extractable is not None:
        found = [key for key in found if key.extractable == (extractable == "true")]
    for word in (filters or "").split():
        found = [key for key in found if passes(word, key.document(instance, now))]
    return found


def passes(word, shown):
    """One filter, "property=[not:|lt:|lte:|gt:|gte:]value[,value]"."""
    name, _, value = word.partition("=")
    if name not in ("state", "extractable", *DATES) or not value:
        raise bad("filter", f"no filter {word}")
    if name in DATES:
        return all(in_time(shown.get(name), part) for part in value.split(","))
    negated = value.startswith("not:")
    texts = value.removeprefix("not:").split(",")
    return (str(shown[name]).lower() in texts) != negated


def in_time(text, condition):
    word, _, moment = condition.partition(":")
    try:
        asked = from_text(moment.strip('"'))
        return text is not None and COMPARE[word](from_text(text), asked)
    except (KeyError, ValueError):
        raise bad("filter", f"no comparison {condition}") from None


def search(word, keys):
    """(matching keys, the metadata's searchQuery)."""
    query = {"not": False, "exact": False, "alias": False, "name": False}
    while ":" in word:
        prefix, _, rest = word.partition(":")
        if prefix == "escape":
            word = rest
            break
        if prefix not in query:
            break
        query[prefix], word = True, rest
    if len(keys) > SEARCHED_MAX:
        raise refuse(400, WHAT, "KEY_SEARCH_TOO_BROAD", "more than 5000 keys would be searched",
                     query="search")
    everywhere = not query["alias"] and not query["name"]

    def matches(key):
        texts = [key.name] if query["name"] or everywhere else []
        texts += key.aliases if query["alias"] or everywhere else []
        found = any(word == text if query["exact"] else word in text for text in texts)
        return found != query["not"]
    return [key for key in keys if matches(key)], {**query, "query": word}


def order(word, keys, instance):
    """Sorted by the last property first, so that the first one decides; the unset come last."""
    now = instance.clock.now()
    for part in reversed((word or "id").split(",")):
        name, down = part.removeprefix("-"), part.startswith("-")
        if name not in SORTED_BY:
            raise bad("sort", f"sort knows {', '.join(SORTED_BY)}")
        shown = {key.id: key.document(instance, now).get(name) for key in keys}
        keys = (sorted((k for k in keys if shown[k.id] is not None),
                       key=lambda k: shown[k.id], reverse=down)
                + [k for k in keys if shown[k.id] is None])
    return keys


def page(request, instance):
    """(keys of the asked-for page, extra metadata)."""
    limit = number(request, "limit", LIMIT, 1, LIMIT_MAX)
    offset = number(request, "offset", 0, 0, 1 << 31)
    keys, extra = select(request, instance), {}
    word = request.argument("search")
    if word:
        keys, extra["searchQuery"] = search(word, keys)
    return order(request.argument("sort"), keys, instance)[offset:offset + limit], extra


def collection(kind, resources, extra=None):
    """Without `resources` when there are none, as the service does it."""
    body = {"metadata": {"collectionType": kind, "collectionTotal": len(resources),
                         **(extra or {})}}
    if resources:
        body["resources"] = resources
    return body
