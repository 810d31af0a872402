/// The words that simulated events are made of, as UTF-8 that needs no escape in JSON.
enum Vocabulary {
    struct Province {
        let name: [UInt8]
        let cities: [[UInt8]]
        let weight: Int
        /// Days that a parcel travels beyond a near one's.
        let distanceDays: Int
    }

    static let provinces: [Province] = [
        province("广东", "广州 深圳 东莞 佛山", 118, 0), province("江苏", "南京 苏州 无锡", 92, 0),
        province("浙江", "杭州 宁波 温州 金华", 90, 0), province("山东", "济南 青岛 潍坊", 72, 1),
        province("河南", "郑州 洛阳 南阳", 66, 1), province("四川", "成都 绵阳", 62, 1), province("上海", "上海", 56, 0),
        province("湖北", "武汉 宜昌", 48, 1), province("河北", "石家庄 保定 唐山", 46, 1), province("湖南", "长沙 株洲", 46, 1),
        province("安徽", "合肥 芜湖", 45, 1), province("福建", "福州 厦门 泉州", 44, 1), province("北京", "北京", 44, 1),
        province("陕西", "西安 咸阳", 30, 1), province("辽宁", "沈阳 大连", 30, 2), province("江西", "南昌 赣州", 28, 1),
        province("重庆", "重庆", 27, 1), province("广西", "南宁 柳州", 26, 1), province("云南", "昆明 大理", 24, 2),
        province("贵州", "贵阳 遵义", 20, 2), province("山西", "太原 大同", 20, 1), province("黑龙江", "哈尔滨 大庆", 18, 3),
        province("天津", "天津", 16, 1), province("吉林", "长春 吉林", 14, 2), province("新疆", "乌鲁木齐 喀什", 12, 5),
        province("内蒙古", "呼和浩特 包头", 12, 3), province("甘肃", "兰州 天水", 12, 3), province("海南", "海口 三亚", 8, 2),
        province("宁夏", "银川", 5, 3), province("青海", "西宁", 4, 4), province("西藏", "拉萨", 2, 6),
    ]

    struct Category {
        let name: [UInt8]
        let weight: Int
        /// List prices in yuan.
        let prices: ClosedRange<Int>
        let brands: [[UInt8]]
    }

    static let categories: [Category] = [
        category("apparel", 24, 49...599, "云衫 北木 拾光"), category("beauty", 18, 39...899, "花间 素研 朝露"),
        category("food", 16, 15...168, "田园记 山里人 三餐"), category("home", 12, 29...799, "木语 安居"),
        category("electronics", 9, 99...4999, "启明 星弦"), category("mother_baby", 8, 59...699, "小芽 亲亲"),
        category("sports", 7, 59...1299, "跃动 远行"), category("pets", 6, 19...399, "毛球"),
    ]

    static let carriers: [(code: [UInt8], prefix: StaticString, weight: Int)] = [
        (utf8("zto"), "ZT", 26), (utf8("yto"), "YT", 20), (utf8("sf"), "SF", 16), (utf8("yunda"), "YD", 14),
        (utf8("sto"), "ST", 10), (utf8("jtexpress"), "JT", 8), (utf8("jd_logistics"), "JD", 4), (utf8("ems"), "EM", 2),
    ]
    static let warehouses = ["hangzhou", "guangzhou", "wuhan", "tianjin"].map(utf8)
    static let paymentMethods: [(name: [UInt8], weight: Int)] = [
        (utf8("wechat_pay"), 52), (utf8("alipay"), 36), (utf8("unionpay"), 6), (utf8("douyin_pay"), 6),
    ]
    static let trafficSources: [(name: [UInt8], weight: Int)] = [
        (utf8("live"), 24), (utf8("search"), 22), (utf8("feed"), 20), (utf8("direct"), 14), (utf8("kol"), 10),
        (utf8("sms"), 4), (utf8("offline_qr"), 3), (utf8("email"), 1),
    ]
    /// Code, and yuan for one of it in ten-thousandths.
    static let currencies: [(code: [UInt8], rate: Int64)] = [
        (utf8("USD"), 71_832), (utf8("HKD"), 9_174), (utf8("EUR"), 81_650), (utf8("SGD"), 55_420),
    ]
    static let ordinaryCampaigns = ["weekly_sale", "new_arrivals", "member_day"].map(utf8)

    /// 广东 as an old system sends it.
    static let provinceInGBK: [UInt8] = [0xB9, 0xE3, 0xB6, 0xAB]

    static func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }

    private static func province(_ name: String, _ cities: String, _ weight: Int, _ distanceDays: Int) -> Province {
        Province(name: utf8(name), cities: words(cities), weight: weight, distanceDays: distanceDays)
    }

    private static func category(
        _ name: String, _ weight: Int, _ prices: ClosedRange<Int>, _ brands: String
    ) -> Category {
        Category(name: utf8(name), weight: weight, prices: prices, brands: words(brands))
    }
}
