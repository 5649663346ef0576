def daily(query, body):
    return 200, {"Cache-Control": "public, max-age=60"}, {"calls": count("daily " + query.get("day", ""))}


def mine(query, body):
    return 200, {"Cache-Control": "private, max-age=60"}, {"calls": count("mine")}


def slow(query, body):
    time.sleep(1)
    return 200, {}, {"calls": count("slow")}


routes["GET", "/daily"] = daily
routes["GET", "/mine"] = mine
routes["GET", "/slow"] = slow
serve()
