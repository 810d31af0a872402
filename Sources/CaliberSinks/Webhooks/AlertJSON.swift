import CaliberCore

extension Alert {
    /// As programs are told of it.
    var json: JSONValue {
        [
            "id": .text(id), "watch": .text(watch), "severity": .text(severity.rawValue),
            "status": .text(status.rawValue), "title": .text(title), "summary": .text(summary),
            "cause": JSONValue(cause), "advice": .list(advice.map(JSONValue.text)), "labels": JSONValue(labels),
            "facts": .list(facts.map { ["name": .text($0.name), "value": .text($0.value)] }),
            "starts_at": .text(startsAt.description), "ends_at": JSONValue(endsAt?.description),
            "link": JSONValue(link),
        ]
    }
}
