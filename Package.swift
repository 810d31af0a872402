// swift-tools-version: 6.2
// Floors of the house, ground floor first: a target imports only targets of lower floors.
// docs/architecture.md says why each wall stands; HouseRulesTests holds the imports to it.
import Foundation
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nioHTTP: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

func floor(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["CaliberTesting", "CaliberCore"], exclude: goldens(of: name),
        swiftSettings: strict)
}

/// Golden files, cases and dictionaries stand beside their tests and are read from there.
func goldens(of tests: String) -> [String] {
    ["Golden", "Cases", "Olist/dictionary", "Olist/expected.yaml", "Olist/history.sql", "Export/dictionary"].filter {
        FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/Tests/\(tests)/\($0)")
    }
}

let package = Package(
    name: "caliber",
    products: [
        .executable(name: "caliber", targets: ["caliber"]),
        .library(name: "CaliberEngine", targets: ["CaliberEngine"]),
        // For tests alone: it can only be loaded as a library of its own.
        .library(name: "CFailingWorld", type: .dynamic, targets: ["CFailingWorld"]),
        // The parts that the benchmark package names itself.
        .library(name: "CaliberCore", targets: ["CaliberCore"]),
        .library(name: "CaliberDictionary", targets: ["CaliberDictionary"]),
        .library(name: "CaliberEventLog", targets: ["CaliberEventLog"]),
        .library(name: "CaliberQuery", targets: ["CaliberQuery"]),
        .library(name: "CaliberSimulator", targets: ["CaliberSimulator"]),
        .library(name: "CaliberRegression", targets: ["CaliberRegression"]),
        .library(name: "CaliberFeatures", targets: ["CaliberFeatures"]),
        .library(name: "CaliberScoring", targets: ["CaliberScoring"]),
        .library(name: "CaliberStore", targets: ["CaliberStore"]),
        .library(name: "CaliberIdentity", targets: ["CaliberIdentity"]),
        .library(name: "CaliberAttribution", targets: ["CaliberAttribution"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        // The service's own. No TLS product: a reverse proxy does TLS.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: ["FullFoundation"]),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // 0: the C doors, and the words everything speaks.
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CKernels"),
        .systemLibrary(name: "CCompression", providers: [.apt(["libzstd-dev", "zlib1g-dev"])]),
        .systemLibrary(name: "CXXHash", providers: [.apt(["libxxhash-dev"])]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        floor("CaliberCore", []),
        // 1: the database file; the definitions.
        floor("CaliberStore", ["CaliberCore", grdb, sqlite]),
        floor("CaliberDictionary", ["CaliberCore", yams, crypto]),
        // 1: logistic regression on plain matrices, and how well probabilities do.
        floor("CaliberRegression", ["CaliberCore", "CKernels", "COpenBLAS"]),
        // 1: alerts in the words of webhooks, chat robots and mail, and the sending of them.
        floor("CaliberSinks", ["CaliberCore", "CCurl", crypto]),
        // 2: what is owed to whom, when it is sent, and what became of it; review tickets.
        floor("CaliberAlerts", ["CaliberCore", "CaliberStore", "CaliberSinks", crypto, grdb]),
        // 2: typed buffers and the expression machine that runs on them.
        floor("CaliberColumns", ["CaliberCore", "CaliberDictionary", "CXXHash"]),
        // 3: contracts applied, once-only, quarantine, the durable log.
        floor(
            "CaliberEventLog",
            [
                "CaliberCore", "CaliberStore", "CaliberDictionary", "CaliberColumns",
                "CSimdJSON", "CCompression", "CXXHash", grdb, sqlite,
            ]),
        // 3: which accounts are one person, by all evidence that there is.
        floor(
            "CaliberIdentity",
            ["CaliberCore", "CaliberStore", "CaliberDictionary", "CaliberColumns", "CXXHash", crypto, grdb]),
        // 4: folds, segments, checkpoints.
        floor(
            "CaliberTables",
            [
                "CaliberCore", "CaliberStore", "CaliberDictionary", "CaliberColumns", "CaliberEventLog",
                "CXXHash", "CCompression", "CKernels", grdb, sqlite,
            ]),
        // 5: plans and their execution.
        floor(
            "CaliberQuery",
            [
                "CaliberCore", "CaliberDictionary", "CaliberColumns", "CaliberEventLog", "CaliberTables", "CKernels",
            ]),
        // 5: what was known of an order at a moment: declared features as of both clocks.
        floor(
            "CaliberFeatures",
            [
                "CaliberCore", "CaliberStore", "CaliberDictionary", "CaliberColumns", "CaliberEventLog",
                "CaliberTables", "CXXHash", grdb,
            ]),
        // 5: model files, health, reasons, drift.
        floor("CaliberScoring", ["CaliberCore", "CaliberDictionary", "CaliberRegression", crypto]),
        // 5: touch paths and channel credit.
        floor(
            "CaliberAttribution", ["CaliberCore", "CaliberDictionary", "CaliberColumns", "CaliberTables"]),
        // 5: what somebody wants to be told of.
        floor("CaliberChecks", ["CaliberCore", "CaliberDictionary", "CaliberColumns", "CaliberTables"]),
        // 6: one verb per use case.
        floor(
            "CaliberEngine",
            [
                "CaliberCore", "CaliberStore", "CaliberDictionary", "CaliberColumns", "CaliberEventLog",
                "CaliberTables", "CaliberQuery", "CaliberRegression", "CaliberFeatures", "CaliberScoring",
                "CaliberChecks", "CaliberIdentity", "CaliberSinks", "CaliberAlerts", "CXXHash",
                "CaliberAttribution", crypto, grdb,
            ]),
        // side: synthetic orders and the truth about them.
        floor("CaliberSimulator", ["CaliberCore", "CaliberDictionary"]),
        // 7: the same verbs over HTTP, all day, one writer.
        floor(
            "CaliberServer",
            [
                "CaliberCore", "CaliberDictionary", "CaliberEventLog", "CaliberQuery", "CaliberScoring",
                "CaliberAlerts", "CaliberEngine", "CCompression", yams, crypto, hummingbird, hummingbirdCore,
                httpTypes, nio, nioHTTP, logging, metrics, lifecycle,
                signals,
            ]),
        // 8: parse, call, print, exit code.
        .executableTarget(
            name: "caliber",
            dependencies: [
                "CaliberCore", "CaliberDictionary", "CaliberEventLog", "CaliberQuery", "CaliberRegression",
                "CaliberFeatures", "CaliberScoring", "CaliberSinks", "CaliberAlerts", "CaliberIdentity",
                "CaliberEngine", "CaliberServer",
                "CaliberSimulator", "CaliberAttribution", argumentParser,
            ],
            path: "Sources/CaliberCommand", swiftSettings: strict),
        // tests
        .target(
            name: "CaliberTesting", dependencies: ["CaliberCore", "CaliberDictionary"], path: "Tests/CaliberTesting",
            swiftSettings: strict),
        .target(
            name: "CFaultyFileSystem", path: "Tests/CFaultyFileSystem", linkerSettings: [.linkedLibrary("sqlite3")]),
        // Look-ups of names, answered as tests say.
        .target(name: "CPlayedNames", path: "Tests/CPlayedNames"),
        // What the world does to a service: loaded before other libraries by the tests that start one.
        .target(name: "CFailingWorld", path: "Tests/CFailingWorld"),
        // A process of its own: the file system that fails is SQLite's default in all of it.
        .executableTarget(
            name: "caliber-fault-probe",
            dependencies: [
                "CFaultyFileSystem", "CaliberCore", "CaliberDictionary", "CaliberEventLog", "CaliberEngine",
                "CaliberTesting", grdb,
            ],
            path: "Tests/FaultProbe", swiftSettings: strict),
        tests("HouseRulesTests", []),
        tests("CaliberCoreTests", []),
        tests("CKernelsTests", ["CKernels"]),
        tests("CaliberStoreTests", ["CaliberStore", grdb]),
        tests("CaliberDictionaryTests", ["CaliberDictionary"]),
        tests("CaliberRegressionTests", ["CaliberRegression"]),
        tests("CaliberScoringTests", ["CaliberScoring", "CaliberRegression", "CaliberDictionary"]),
        tests(
            "CaliberFeaturesTests",
            [
                "CaliberFeatures", "CaliberTables", "CaliberEventLog", "CaliberStore", "CaliberDictionary",
                "CaliberColumns",
            ]),
        tests("CaliberSinksTests", ["CaliberSinks", "CPlayedNames"]),
        tests("CaliberAlertsTests", ["CaliberAlerts", "CaliberSinks", "CaliberStore", grdb]),
        tests("CaliberColumnsTests", ["CaliberColumns", "CaliberDictionary"]),
        tests("CaliberIdentityTests", ["CaliberIdentity", "CaliberStore", "CaliberDictionary", grdb]),
        tests(
            "CaliberEventLogTests",
            ["CaliberEventLog", "CaliberStore", "CaliberDictionary", "CaliberColumns", "CSimdJSON", grdb]),
        tests(
            "CaliberTablesTests",
            ["CaliberTables", "CaliberEventLog", "CaliberStore", "CaliberDictionary", "CaliberColumns", grdb]),
        tests(
            "CaliberQueryTests",
            ["CaliberQuery", "CaliberTables", "CaliberEventLog", "CaliberDictionary", "CaliberColumns"]),
        tests(
            "CaliberAttributionTests",
            [
                "CaliberAttribution", "CaliberDictionary", "CaliberColumns", "CaliberEngine", "CaliberEventLog",
                "CaliberQuery", "CaliberSimulator",
            ]),
        tests("CaliberSimulatorTests", ["CaliberSimulator", "CaliberDictionary"]),
        tests(
            "CaliberEngineTests",
            [
                "CaliberEngine", "CaliberQuery", "CaliberTables", "CaliberEventLog", "CaliberStore",
                "CaliberDictionary", "CaliberColumns", "CaliberRegression", "CaliberFeatures", "CaliberScoring",
                "CaliberSinks", "CaliberAlerts", "CaliberIdentity", "CaliberSimulator", grdb,
            ]),
        // The service itself, on loopback, with real clients.
        tests(
            "CaliberServerTests",
            [
                "CaliberServer", "CaliberAlerts", "CaliberEngine", "CaliberEventLog", "CaliberStore",
                "CaliberDictionary", "CaliberSimulator", grdb,
            ]),
        // The processes themselves: both executables are built beside these tests and run by them.
        tests(
            "CaliberCommandTests",
            [
                "CaliberEngine", "CaliberEventLog", "CaliberStore", "CaliberDictionary",
                "CaliberSimulator",
            ]),
    ],
    cxxLanguageStandard: .cxx17
)

// `make fuzz` builds these with flags of their own, in a folder of their own.
if Context.environment["CALIBER_FUZZ"] != nil {
    let fuzzTargets: [(name: String, folder: String, dependencies: [Target.Dependency])] = [
        ("fuzz-canary", "Canary", []),
        ("fuzz-expression", "Expression", ["CaliberCore", "CaliberDictionary", "FuzzPromise"]),
        ("fuzz-yaml", "YAML", ["CaliberCore", "CaliberDictionary", "FuzzPromise"]),
        ("fuzz-json", "JSON", ["CaliberEventLog", "FuzzIntake", "FuzzPromise"]),
        ("fuzz-csv", "CSV", ["CaliberDictionary", "CaliberEventLog", "FuzzIntake", "FuzzPromise"]),
    ]
    package.targets += [
        .target(name: "FuzzPromise", path: "Fuzz/Promise", swiftSettings: strict),
        .target(
            name: "FuzzIntake",
            dependencies: ["CaliberCore", "CaliberDictionary", "CaliberEventLog", "CaliberStore", "FuzzPromise"],
            path: "Fuzz/Intake", swiftSettings: strict),
    ]
    for target in fuzzTargets {
        package.products.append(.executable(name: target.name, targets: [target.name]))
        package.targets.append(
            .executableTarget(
                name: target.name, dependencies: target.dependencies, path: "Fuzz/\(target.folder)",
                swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])],
                linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]))
    }
}

// `make docs` alone needs the documentation plugin.
if Context.environment["CALIBER_DOCS"] != nil {
    package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}
