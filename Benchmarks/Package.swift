// swift-tools-version: 6.2
// The side-by-side run is a package of its own: nothing that ships depends on it.
import Foundation
import PackageDescription

/// The features' stream is no public API. Swift lets the modules of one package see it, and SwiftPM names a package as
/// its folder, in small letters and with underscores.
let folder = URL(fileURLWithPath: Context.packageDirectory).deletingLastPathComponent().lastPathComponent
let insider: [SwiftSetting] = [
    .unsafeFlags([
        "-package-name", String(folder.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }),
    ])
]

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
                .product(name: "CaliberScoring", package: "caliber"),
                .product(name: "CaliberStore", package: "caliber"),
                .product(name: "CaliberIdentity", package: "caliber"),
                .product(name: "CaliberAttribution", package: "caliber"),
                .product(name: "CaliberSimulator", package: "caliber"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/CaliberBench", packageAccess: false, swiftSettings: strict + insider)
    ]
)
