// swift-tools-version: 6.2
// The side-by-side run is a package of its own: nothing that ships depends on it.
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "caliber-benchmarks",
    dependencies: [
        .package(name: "caliber", path: "../"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .executableTarget(
            name: "caliber-bench",
            dependencies: [
                .product(name: "CaliberCore", package: "caliber"),
                .product(name: "CaliberDictionary", package: "caliber"),
                .product(name: "CaliberEngine", package: "caliber"),
                .product(name: "CaliberEventLog", package: "caliber"),
                .product(name: "CaliberQuery", package: "caliber"),
                .product(name: "CaliberRegression", package: "caliber"),
                .product(name: "CaliberFeatures", package: "caliber"),
                .product(name: "CaliberSimulator", package: "caliber"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/CaliberBench", swiftSettings: strict)
    ]
)
