def predict(query, body):
    features = json.loads(body)["features"]
    return 200, {}, {"score": round(sum(features) / len(features), 3) if features else 0}


def models(query, body):
    return 200, {"Cache-Control": "max-age=60"}, {"models": ["mean-1"]}


routes["POST", "/predict"] = predict
routes["GET", "/models"] = models
serve()
