import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberRegression
import CaliberScoring
import Foundation

struct ModelTrainCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Learn from what became of orders how likely an order goes bad.",
        discussion: """
            The log is replayed: each order counts as it was known at its first training moment, and only once its label \
            has matured. The rows are cut in time: the first are learned from, the next calibrate the probabilities and \
            set the line of review (health 60), the last judge.

            Examples:
              caliber model train
              caliber model train --penalty 10 --held-out 0.3 --by province
              caliber model train --capacity 200 --good-share 0.2
            """)

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: ModelOptions
    @Argument(help: "The feature set; the dictionary's only one otherwise.") var features: String?
    @Option(help: "The label; the table's only one otherwise.") var label: String?
    @Option(help: ArgumentHelp("The model's name; the feature set's otherwise.", valueName: "name")) var name: String?
    @Option(help: ArgumentHelp("A column that figures are told by.", valueName: "column")) var by = "channel"
    @Option(help: ArgumentHelp("λ of the squared weights; chosen by later rows otherwise.", valueName: "number"))
    var penalty: Double?
    @Option(
        name: .customLong("absolute-share"),
        help: ArgumentHelp("The share of the penalty on absolute weights, 0 to 1.", valueName: "share"))
    var absoluteShare = 0.0
    @Flag(help: "Let good and bad orders weigh the same in sum.") var balanced = false
    @Option(
        name: .customLong("good-share"),
        help: ArgumentHelp("Learn from this share of the good orders.", valueName: "share"))
    var goodShare = 1.0
    @Option(
        name: .customLong("held-out"), help: ArgumentHelp("The latest orders, which judge.", valueName: "share"))
    var heldOut = 0.2
    @Option(help: ArgumentHelp("How probabilities are calibrated: none, platt, isotonic.", valueName: "method"))
    var calibration = "platt"
    @Option(
        help: ArgumentHelp(
            "Orders that can be reviewed: a share up to 1, or a number a day. It decides which risk is health 60.",
            valueName: "number"))
    var capacity = 0.05
    @Option(
        name: .customLong("start-from"),
        help: ArgumentHelp("A version whose weights the fit starts from.", valueName: "model"))
    var startFrom: String?
    @Option(
        name: .customLong("guard-rows"),
        help: ArgumentHelp(
            "Rows that are computed again from a log that ends with them, to prove that none saw what came later.",
            valueName: "rows"))
    var guardRows = 100
    @Option(help: "Which sub-sample guides the first steps.") var seed: UInt64 = 1
    @Option(help: "Threads, one a core otherwise; they change no bit of the result.") var threads: Int?

    func perform() throws {
        let engine = try deployment.openEngine()
        let features = try engine.featureSet(features)
        let label = try engine.label(label, of: features.table)
        let registry = options.registry
        let name = name ?? features.name
        let progress = ProgressLine()
        let total = try engine.position.sequence
        func show(_ work: String, _ position: LogPosition) {
            progress.show(
                "\(work) \(Output.grouped(position.sequence)) of \(Output.grouped(total)) events",
                fraction: Double(position.sequence) / Double(max(1, total)))
        }
        let set = try engine.trainingSet(features, label: label, group: by.isEmpty ? nil : by) {
            show("replaying", $0)
        }
        progress.clear()
        Output.note(TrainingText.account(set))
        let guarded = try engine.confirmNoLookAhead(in: set, features: features, rowCount: guardRows) {
            show("guarding against look-ahead,", $0)
        }
        progress.clear()
        if guarded > 0 {
            Output.note(
                "\(Output.count(guarded, "row")) computed again from a log that ends with them: not a bit differs.")
        }
        let warm = try startFrom.map { try registry.load($0) }
        let trained = try engine.train(
            set, features: features, label: label, name: name, version: registry.nextVersion(of: name),
            group: by.isEmpty ? nil : by, settings: try settings(), warmStart: warm
        ) { step in progress.show(TrainingText.step(step), fraction: nil) }
        progress.clear()
        let paths = try registry.save(trained.file, schema: trained.schema)
        Output.data(TrainingText.report(trained))
        Output.note("Wrote \(paths.model) and its card beside it.")
        try registry.promoteFirst(trained.file)
    }

    private func settings() throws -> TrainingSettings {
        for (name, share) in [("--held-out", heldOut), ("--good-share", goodShare)] where !(0...1).contains(share) {
            throw Diagnostic("bad-share", "\(name) is \(share), which is no share.", remedy: "Write 0.2 for a fifth.")
        }
        var settings = TrainingSettings(threads: max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount))
        settings.penalty = penalty
        settings.absoluteShare = absoluteShare
        settings.classWeights = balanced ? .balanced : .equal
        settings.goodSampling = goodShare
        settings.heldOutShare = heldOut
        settings.calibration = try TrainingText.calibration(calibration)
        settings.capacity = capacity <= 1 ? .share(capacity) : .ordersPerDay(capacity)
        settings.seed = seed
        return settings
    }

}

extension ModelRegistry {
    /// The first version decides until somebody says otherwise.
    func promoteFirst(_ file: ModelFile) throws {
        guard try aliases(of: file.name).champion == nil else {
            return Output.note(
                "To let it decide: caliber model promote \(file.name)@\(file.version) --why \"…\"")
        }
        try promote(file.name, version: file.version, at: file.created, by: "caliber", why: "the first version")
        Output.note("It is the champion, as the first of its name.")
    }
}

extension TrainingText {
    static func calibration(_ name: String) throws -> Calibration.Method {
        guard let method = Calibration.Method(rawValue: name) else {
            throw Diagnostic(
                "unknown-calibration", "There is no calibration \"\(name)\".",
                remedy: "It is one of " + Calibration.Method.allCases.map(\.rawValue).joined(separator: ", ") + ".")
        }
        return method
    }

    static func step(_ step: TrainingProgress) -> String {
        switch step {
        case .replaying(let events, let total): "replaying \(Output.grouped(events)) of \(Output.grouped(total)) events"
        case .choosingPenalty(let pass): "choosing the penalty: " + text(pass)
        case .fitting(let pass): "fitting: " + text(pass)
        }
    }

    private static func text(_ pass: FittingProgress) -> String {
        var text = "pass \(pass.pass) over \(Output.grouped(pass.rowCount)) rows"
        text += String(format: ", objective %.6g, gradient %.2g", pass.objective, pass.gradientNorm)
        if let left = pass.secondsLeft { text += String(format: ", %.1f s left", left) }
        return text
    }

    /// What a training came to, in a few lines.
    static func report(_ trained: TrainedModel) -> String {
        let file = trained.file
        var rows: [[String]] = [["", "orders", "bad", "AUC", "KS", "Brier", "log-loss"]]
        for span in file.evaluations {
            let figures = span.evaluation
            rows.append([
                span.span.rawValue, Output.grouped(figures.rowCount),
                figures.baseRate.map { ModelText.percent($0) } ?? "–", ModelText.figure(figures.areaUnderCurve),
                ModelText.figure(figures.kolmogorovSmirnov), ModelText.figure(figures.brierScore),
                ModelText.figure(figures.logLoss),
            ])
        }
        var lines = ["\(file.name)@\(file.version)", TextColumns.align(rows)]
        if let work = trained.work {
            lines.append(
                String(
                    format: "  penalty %g, fitted in %.2f s: %d readings of all rows", file.settings.penalty,
                    trained.fitSeconds, work.passes))
        }
        if let bound = file.certificate?.scoreBoundPoints {
            lines.append(String(format: "  no score is further than %.2g points from the optimum's", bound))
        }
        let line = trained.threshold.chosen
        lines.append(
            "  health 60 is a risk of \(ModelText.percent(file.scale.reviewProbability)): "
                + "\(ModelText.percent(line.flaggedShare)) of orders, "
                + "\(line.recall.map { ModelText.percent($0) } ?? "–") of the bad ones among them")
        lines += file.notes.map { "  note: " + $0 }
        return lines.joined(separator: "\n")
    }
}
