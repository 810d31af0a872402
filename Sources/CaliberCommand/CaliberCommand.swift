import ArgumentParser

@main struct CaliberCommand: AsyncParsableCommand {
    func run() async throws { print("caliber") }
}
