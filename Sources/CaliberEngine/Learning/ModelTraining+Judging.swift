import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberRegression
import CaliberScoring
import Crypto
import Foundation

extension ModelTraining {
    /// Calibrates, sets the line of review, evaluates each span, and writes down everything.
    func judged(_ fitted: Fitted, heading: Heading) throws -> TrainedModel {
        let logOdds = LogisticScorer(fitted.model).logOdds(of: set.matrix, threads: settings.threads)
        let calibration = try learnCalibration(logOdds)
        let probabilities = logOdds.map { calibration.probability($0) }
        // Without a span of its own, the line is set on the rows learned from.
        let lineSpan = spans.calibration.isEmpty ? spans.training : spans.calibration
        let threshold = try ThresholdStudy(
            probabilities: Array(probabilities[lineSpan]), labels: set.labels[lineSpan].map { $0 ? 1 : 0 },
            days: days(lineSpan)
        ).report(capacity: settings.capacity, pointsToDoubleOdds: settings.pointsToDoubleOdds)
        let scale = try HealthScale(
            reviewProbability: threshold.chosen.reviewProbability ?? 0.5,
            pointsToDoubleOdds: settings.pointsToDoubleOdds)
        let file = ModelFile(
            name: heading.name, version: heading.version, created: heading.created, engineVersion: Engine.version,
            libraries: ["caliber": Engine.version], seed: settings.seed,
            label: ModelFile.Label(
                id: heading.label.name, hash: digest(heading.label.meaning),
                description: heading.label.description ?? "",
                maturitySeconds: heading.label.maturity / Timestamp.microsecondsPerSecond),
            schemaHash: schema.hash, dictionaryVersions: heading.dictionaryVersions, training: record(fitted),
            settings: recorded(fitted), intercept: fitted.model.intercept,
            interceptError: fitted.fit?.errors?.intercept, columns: columns(fitted),
            notes: fitted.notes,
            certificate: certificate(fitted), calibration: calibration, scale: scale,
            evaluations: evaluations(probabilities, scale, group: heading.group),
            scoreBins: FrozenBins(of: probabilities[spans.training]))
        return TrainedModel(
            file: file, schema: schema, account: set.account, penaltyChoice: fitted.choice, threshold: threshold,
            work: fitted.fit?.work, fitSeconds: fitted.seconds)
    }

    private func learnCalibration(_ logOdds: [Double]) throws -> Calibration {
        guard !spans.calibration.isEmpty else { return .identity }
        let labels = set.labels[spans.calibration].map { $0 ? 1.0 : 0 }
        // Of one class alone nothing can be learned.
        guard labels.contains(1), labels.contains(0) else { return .identity }
        return try Calibration.learned(
            settings.calibration, logOdds: Array(logOdds[spans.calibration]), labels: labels)
    }

    private func days(_ span: Range<Int>) -> Double? {
        guard let first = span.first, let last = span.last, first < last else { return nil }
        let microseconds = set.moments[last].microseconds - set.moments[first].microseconds
        return Double(microseconds) / 86_400_000_000
    }

    private func window(_ span: Range<Int>) -> ModelFile.Window? {
        guard let first = span.first, let last = span.last else { return nil }
        return ModelFile.Window(
            from: set.moments[first], until: Timestamp(microseconds: set.moments[last].microseconds + 1))
    }

    private func record(_ fitted: Fitted) -> ModelFile.TrainingRecord {
        let labels = set.labels[spans.training]
        return ModelFile.TrainingRecord(
            window: window(spans.training) ?? ModelFile.Window(from: set.cutoff, until: set.cutoff),
            calibrationWindow: window(spans.calibration), heldOutWindow: window(spans.heldOut),
            logPosition: set.position.sequence, rowCount: fitted.rows.count, badCount: fitted.rows.bad,
            baseRate: Double(labels.count { $0 }) / Double(max(1, labels.count)))
    }

    private func recorded(_ fitted: Fitted) -> ModelFile.Settings {
        var (bad, good) = (1.0, 1.0)
        switch settings.classWeights {
        case .equal: break
        case .balanced:
            bad = Double(fitted.rows.count) / (2 * Double(fitted.rows.bad))
            good = Double(fitted.rows.count) / (2 * Double(fitted.rows.count - fitted.rows.bad))
        case .given(let negative, let positive): (good, bad) = (negative, positive)
        }
        return ModelFile.Settings(
            penalty: fitted.penalty, absoluteShare: settings.absoluteShare, badWeight: bad, goodWeight: good,
            goodSampling: settings.goodSampling, priorCorrection: fitted.correction?.interceptShift ?? 0)
    }

    private func columns(_ fitted: Fitted) -> [ModelFile.Column] {
        schema.columns.indices.map { index in
            let place = fitted.valueColumns[index]
            return ModelFile.Column(
                id: schema.columns[index].id, hash: schema.columns[index].hash, term: fitted.model.terms[index],
                standardError: place.flatMap { fitted.fit?.errors?.coefficients[$0] },
                zValue: place.flatMap { fitted.fit?.errors?.coefficientZ[$0] }, bins: fitted.bins[index])
        }
    }

    private func certificate(_ fitted: Fitted) -> ModelFile.Certificate? {
        fitted.fit.map { fit in
            ModelFile.Certificate(
                gradientNorm: fit.gradientNorm, iterationCount: fit.work.steps,
                scoreBoundPoints: fit.certificate?.pointsDistance(pointsToDouble: settings.pointsToDoubleOdds))
        }
    }

    private func evaluations(
        _ probabilities: [Double], _ scale: HealthScale, group: String?
    ) -> [ModelFile.SpanEvaluation] {
        let names = Array(Set(set.groups.compactMap { $0 })).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        let spans: [(ModelFile.SpanEvaluation.Span, Range<Int>)] = [
            (.training, spans.training), (.calibration, spans.calibration), (.heldOut, spans.heldOut),
        ]
        return spans.filter { !$0.1.isEmpty }.map { span, rows in
            let labels = set.labels[rows].map { $0 ? 1.0 : 0 }
            let own = Array(probabilities[rows])
            return ModelFile.SpanEvaluation(
                span: span,
                evaluation: Evaluation(
                    probabilities: own, labels: labels, reviewProbability: scale.decisionProbability),
                groupedBy: group,
                groups: group == nil
                    ? []
                    : Evaluation.byGroup(
                        probabilities: own, labels: labels,
                        groups: set.groups[rows].map { $0.flatMap { numbers[$0] } ?? -1 }, names: names,
                        reviewProbability: scale.decisionProbability))
        }
    }

    private func digest(_ text: String) -> String {
        SHA256.hash(data: Data(text.utf8)).map { String(format: "%02x", $0) }.joined()
    }
}
