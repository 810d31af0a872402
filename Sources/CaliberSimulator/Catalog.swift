import CaliberCore

/// What the shop sells, and at which list price when.
struct Catalog {
    struct Product {
        let category: Int
        let brand: Int
        let costMinor: Int64
        let skus: Range<Int>
        let weight: Int
    }

    struct PriceRange {
        let sku: Int
        let fromMilliseconds: Int64
        /// nil: until further notice.
        let toMilliseconds: Int64?
        let priceMinor: Int64
    }

    let products: [Product]
    /// The product of each SKU.
    let productOfSKU: [Int]
    /// By SKU, then by time.
    let prices: [PriceRange]
    private let pricesOfSKU: [Range<Int>]
    private let demand: Weights
    let listedMilliseconds: Int64

    init(seed: UInt64, productCount: Int, startMilliseconds: Int64, dayCount: Int) {
        let categories = Weights(Vocabulary.categories.map(\.weight))
        listedMilliseconds = startMilliseconds - 30 * TradingCalendar.millisecondsPerDay
        var products: [Product] = []
        var productOfSKU: [Int] = []
        var prices: [PriceRange] = []
        var pricesOfSKU: [Range<Int>] = []
        for number in 0..<max(1, productCount) {
            var draws = DrawStream(seed: seed, .product, number: number)
            let category = draws.draw(categories)
            let priceYuan = draws.between(Vocabulary.categories[category].prices)
            let skuCount = draws.between(1...4)
            let skus = productOfSKU.count..<productOfSKU.count + skuCount
            products.append(
                Product(
                    category: category, brand: draws.below(Vocabulary.categories[category].brands.count),
                    costMinor: Int64(priceYuan * draws.between(35...62)), skus: skus,
                    weight: 1000 / (1 + draws.below(40))))
            for sku in skus {
                productOfSKU.append(number)
                let first = prices.count
                prices += Catalog.priceHistory(
                    sku: sku, listMinor: Int64(priceYuan + draws.below(20)) * 100 - 10, from: listedMilliseconds,
                    startMilliseconds: startMilliseconds, dayCount: dayCount, &draws)
                pricesOfSKU.append(first..<prices.count)
            }
        }
        self.products = products
        self.productOfSKU = productOfSKU
        self.prices = prices
        self.pricesOfSKU = pricesOfSKU
        demand = Weights(products.map(\.weight))
    }

    /// One to three ranges that follow each other without a gap; a change falls on a midnight within the window.
    private static func priceHistory(
        sku: Int, listMinor: Int64, from: Int64, startMilliseconds: Int64, dayCount: Int, _ draws: inout DrawStream
    ) -> [PriceRange] {
        var changes = (0..<draws.below(3)).map { _ in
            startMilliseconds + Int64(draws.below(max(1, dayCount))) * TradingCalendar.millisecondsPerDay
        }
        changes = Set(changes).sorted()
        var ranges: [PriceRange] = []
        var start = from
        var priceMinor = listMinor
        for change in changes {
            ranges.append(
                PriceRange(sku: sku, fromMilliseconds: start, toMilliseconds: change, priceMinor: priceMinor))
            start = change
            priceMinor = max(100, listMinor * Int64(draws.between(80...115)) / 1000 * 10)
        }
        ranges.append(PriceRange(sku: sku, fromMilliseconds: start, toMilliseconds: nil, priceMinor: priceMinor))
        return ranges
    }

    func drawSKU(_ draws: inout DrawStream) -> Int {
        let skus = products[draws.draw(demand)].skus
        return skus.lowerBound + draws.below(skus.count)
    }

    func priceMinor(ofSKU sku: Int, at milliseconds: Int64) -> Int64 {
        let ranges = pricesOfSKU[sku]
        for index in ranges.reversed() where prices[index].fromMilliseconds <= milliseconds {
            return prices[index].priceMinor
        }
        return prices[ranges.lowerBound].priceMinor
    }
}
