"""The orders that all engines are asked about: one row an order, 40 columns, in order of arrival, as Parquet.

usage: orders_data.py ORDERS PARQUET [--seed N] [--days N]

The same seed gives the same rows. Arrival, buyer and payment are drawn for all orders at once, since who is a new
customer depends on all of them; the other columns are drawn a row group at a time, so memory stays small.
"""

import argparse
import datetime
import os

import numpy
import pyarrow
import pyarrow.parquet

ROWS_PER_GROUP = 1_000_000
FIRST_DAY = datetime.date(2024, 1, 1)
SECONDS_PER_DAY = 86_400
BUYERS_PER_ORDER = 0.33

CHANNELS = {
    "douyin": 0.33, "tmall": 0.19, "pinduoduo": 0.16, "jd": 0.12, "kuaishou": 0.09, "xiaohongshu": 0.06,
    "mini_program": 0.03, "store": 0.02,
}
PROVINCES = (
    "guangdong zhejiang jiangsu shandong henan sichuan hebei hunan anhui hubei fujian shanghai beijing shaanxi jiangxi "
    "liaoning chongqing guangxi yunnan shanxi guizhou heilongjiang tianjin jilin neimenggu xinjiang gansu hainan "
    "ningxia qinghai xizang hongkong macao taiwan"
).split()
STATUSES = ["pending_payment", "cancelled", "paid", "shipped", "delivered", "completed", "refunded"]
CARRIERS = ["SF", "ZT", "YT", "YD", "ST", "JT", "EM", "JD", "DB"]
PAYMENT_METHODS = ["wechat", "alipay", "douyin_pay", "bank_card", "credit", "balance"]
DEVICES = [f"{system}_{kind}" for system in ("ios", "android", "harmony") for kind in ("app", "mini", "h5", "pad")]


def numbered(prefix, count, digits=3):
    """Names with a number: `campaign_001` …"""
    return [f"{prefix}_{number:0{digits}d}" for number in range(1, count + 1)]


def skewed(count, exponent):
    """Shares that fall as a power of the rank."""
    weights = 1.0 / numpy.arange(1, count + 1) ** exponent
    return weights / weights.sum()


def day_shares(days):
    """Growth over the years, weekends, and the great sales in June and November."""
    shares = 1.0 + 0.5 * numpy.arange(days) / days
    for index in range(days):
        date = FIRST_DAY + datetime.timedelta(days=index)
        if date.weekday() >= 5:
            shares[index] *= 1.15
        if (date.month, date.day) in ((6, 18), (11, 11)):
            shares[index] *= 6.0
        elif (date.month == 6 and date.day <= 20) or (date.month == 11 and date.day <= 12):
            shares[index] *= 1.8
    return shares / shares.sum()


def hour_shares():
    """Shares of the hours of the day: few at night, most in the evening."""
    hours = numpy.array([3, 2, 1, 1, 1, 1, 2, 3, 5, 6, 7, 6, 6, 5, 5, 5, 5, 5, 6, 8, 10, 11, 9, 6], dtype=float)
    return hours / hours.sum()


class Arrivals:
    """Of every order: when it was placed and paid, by whom, and whether it was the buyer's first that was paid."""

    def __init__(self, orders, days, seed):
        generator = numpy.random.default_rng([seed, 0])
        per_day = generator.multinomial(orders, day_shares(days))
        day = numpy.repeat(numpy.arange(days, dtype=numpy.int64), per_day)
        hour = generator.choice(24, size=orders, p=hour_shares())
        created = day * SECONDS_PER_DAY + hour * 3600 + generator.integers(0, 3600, orders)
        self.created = numpy.sort(created)
        rank = (orders * BUYERS_PER_ORDER * generator.random(orders) ** 1.5).astype(numpy.int64)
        # Numbers without order, each rank's its own, since an odd factor is invertible.
        self.buyer = 1_000_000_000 + (rank * 2_654_435_761) % (1 << 32)
        self.is_deposit = generator.random(orders) < 0.04
        self.is_paid = generator.random(orders) < 0.93
        delay = 1 + generator.exponential(150, orders)
        slow = generator.random(orders) < 0.06
        delay = numpy.where(slow, generator.exponential(6 * 3600, orders), delay)
        delay = numpy.where(self.is_deposit, generator.integers(1, 10, orders) * SECONDS_PER_DAY + delay, delay)
        # A payment closes within the days that the table has, so that every engine's last day is the same.
        self.paid = numpy.minimum(self.created + delay.astype(numpy.int64), days * SECONDS_PER_DAY - 1)
        self.is_new_buyer = self.first_paid()

    def first_paid(self):
        """Marks each buyer's first paid order; of two in the same second, the one that was placed first."""
        paid = numpy.flatnonzero(self.is_paid)
        paid = paid[numpy.argsort(self.paid[paid], kind="stable")]
        _, first = numpy.unique(self.buyer[paid], return_index=True)
        marks = numpy.zeros(len(self.paid), dtype=bool)
        marks[paid[first]] = True
        return marks


def category(names, codes, is_null=None):
    """A column of few texts."""
    indices = pyarrow.array(codes.astype(numpy.int32), mask=is_null)
    return pyarrow.DictionaryArray.from_arrays(indices, pyarrow.array(names))


def moments(seconds, is_null=None):
    """Shanghai's clock, in microseconds; the generator knows whole seconds since the first day."""
    offset = (FIRST_DAY - datetime.date(1970, 1, 1)).days * SECONDS_PER_DAY
    return pyarrow.array((seconds + offset) * 1_000_000, mask=is_null).cast(pyarrow.timestamp("us"))


def amounts(fen, is_null=None):
    """Whole fen."""
    return pyarrow.array(fen.astype(numpy.int32), mask=is_null)


def order_ids(created, first):
    """The day, then eight digits without order within it; each its own, since the factor is coprime to 10⁸."""
    days = numpy.datetime64(FIRST_DAY) + (created // SECONDS_PER_DAY).astype("timedelta64[D]")
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]").astype(numpy.int64) + 1970
    date = years * 10_000 + (months.astype(numpy.int64) % 12 + 1) * 100 + (days - months).astype(numpy.int64) + 1
    number = numpy.arange(first, first + len(created), dtype=numpy.int64) * 61_803_399 % 100_000_000
    return date * 100_000_000 + number


def orders_of(arrivals, first, last, seed):
    """The rows `first..<last`."""
    generator = numpy.random.default_rng([seed, 1, first])
    count = last - first

    def chance(share):
        return generator.random(count) < share

    def pick(size, exponent):
        return generator.choice(size, size=count, p=skewed(size, exponent))

    created, paid = arrivals.created[first:last], arrivals.paid[first:last]
    is_paid, is_deposit = arrivals.is_paid[first:last], arrivals.is_deposit[first:last]

    channel = generator.choice(len(CHANNELS), size=count, p=list(CHANNELS.values()))
    province = pick(len(PROVINCES), 0.8)
    sku = pick(20_000, 0.9)
    product = sku // 4
    is_gift = chance(0.015)
    is_live = chance(numpy.array([0.6, 0.2, 0.2, 0.1, 0.6, 0.3, 0.1, 0.0])[channel])
    quantity = generator.choice([1, 2, 3, 4, 5, 10], size=count, p=[0.74, 0.15, 0.05, 0.03, 0.02, 0.01])
    price = 990 + (product * 7919) % 40_000 + sku % 4 * 1000
    listed = numpy.where(is_gift, 0, price * quantity)
    discount = (listed * numpy.where(chance(0.6), generator.random(count) * 0.3, 0)).astype(numpy.int64)
    freight = generator.choice([0, 600, 800, 1000, 1200], size=count, p=[0.7, 0.1, 0.1, 0.05, 0.05])
    freight = numpy.where(is_gift, 0, freight)
    due = listed - discount + freight

    is_refunded = is_paid & ~is_gift & chance(0.07)
    refund = numpy.where(chance(0.7), due, (due * generator.random(count)).astype(numpy.int64))
    is_shipped = is_paid & ~(is_refunded & chance(0.3)) & chance(0.985)
    shipped = paid + 600 + generator.lognormal(10.9, 0.8, count).astype(numpy.int64)
    is_delivered = is_shipped & chance(0.975)
    delivered = shipped + 3600 + generator.lognormal(12.1, 0.45, count).astype(numpy.int64)
    status = numpy.select(
        [is_refunded, is_delivered & chance(0.9), is_delivered, is_shipped, is_paid, chance(0.98)],
        [STATUSES.index(name) for name in ("refunded", "completed", "delivered", "shipped", "paid", "cancelled")])
    tracking_numbers = pyarrow.array(generator.integers(10**12, 10**13, count), mask=~is_shipped)
    stores = [f"{name}_{number:02d}" for name in CHANNELS for number in range(25)]
    cities = [f"{name}_{number}" for name in PROVINCES for number in range(10)]
    no_campaign, no_source, no_coupon = chance(0.3), chance(0.25), chance(0.6)

    columns = {
        "order_id": order_ids(created, first),
        "buyer_id": arrivals.buyer[first:last],
        "channel": category(list(CHANNELS), channel),
        "store": category(stores, channel * 25 + pick(25, 1)),
        "province": category(PROVINCES, province),
        "city": category(cities, province * 10 + pick(10, 1)),
        "status": category(STATUSES, status),
        "campaign": category(numbered("campaign", 500), pick(500, 0.9), no_campaign),
        "utm_source": category(numbered("utm", 30, 2), pick(30, 1), no_source),
        "sku": category(numbered("SKU", 20_000, 6), sku),
        "product_id": category(numbered("P", 5000, 5), product),
        "product_group": category(numbered("group", 40, 2), product % 40),
        "brand": category(numbered("brand", 300), product % 300),
        "warehouse": category(numbered("wh", 12, 2), pick(12, 0.7), ~is_shipped),
        "carrier": category(CARRIERS, pick(len(CARRIERS), 0.8), ~is_shipped),
        "tracking_no": tracking_numbers.cast(pyarrow.string()),
        "payment_method": category(PAYMENT_METHODS, pick(len(PAYMENT_METHODS), 0.9), ~is_paid),
        "device": category(DEVICES, pick(len(DEVICES), 0.7)),
        "coupon": category(numbered("coupon", 200), pick(200, 1), no_coupon),
        "host": category(numbered("host", 400), pick(400, 1), ~is_live),
        "quantity": pyarrow.array(quantity.astype(numpy.int16)),
        "is_gift": is_gift,
        "is_deposit": is_deposit,
        "is_refunded": is_refunded,
        "is_new_buyer": arrivals.is_new_buyer[first:last],
        "is_live": is_live,
        "list_amount": amounts(listed),
        "discount": amounts(discount, discount == 0),
        "freight": amounts(freight),
        "amount_due": amounts(due),
        "paid": amounts(due, ~is_paid),
        "deposit_paid": amounts(due // 10, ~(is_paid & is_deposit)),
        "refunded": amounts(refund, ~is_refunded),
        "cost": amounts(listed * (55 + product % 20) // 100),
        "commission": amounts(due * (2 + channel) // 100, ~is_paid),
        "created_at": moments(created),
        "paid_at": moments(paid, ~is_paid),
        "shipped_at": moments(shipped, ~is_shipped),
        "delivered_at": moments(delivered, ~is_delivered),
        "promised_at": moments(created + 72 * 3600),
    }
    return pyarrow.table(columns)


def main():
    """Parses the command line and writes the file, whole or not at all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("orders", type=int)
    parser.add_argument("parquet")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=730)
    arguments = parser.parse_args()

    arrivals = Arrivals(arguments.orders, arguments.days, arguments.seed)
    writer = None
    unfinished = arguments.parquet + ".unfinished"
    for first in range(0, arguments.orders, ROWS_PER_GROUP):
        rows = orders_of(arrivals, first, min(first + ROWS_PER_GROUP, arguments.orders), arguments.seed)
        writer = writer or pyarrow.parquet.ParquetWriter(unfinished, rows.schema, compression="zstd")
        writer.write_table(rows, row_group_size=ROWS_PER_GROUP)
    writer.close()
    os.rename(unfinished, arguments.parquet)


if __name__ == "__main__":
    main()
