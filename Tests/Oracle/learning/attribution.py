"""Attribution by other means: ChannelAttribution's own models, linear systems in NumPy, permutations one by one.

Paths come as lists of channel numbers; `conversions`, `misses` and `values` are of all of a path's repetitions together.
"""

import collections
import contextlib
import csv
import datetime
import fractions
import gzip
import io
import itertools

import numpy


def frame(paths, conversions, misses, values):
    import pandas

    return pandas.DataFrame(
        {
            "path": [" > ".join(f"c{int(channel)}" for channel in path) for path in paths],
            "conversions": [int(count) for count in conversions],
            "misses": [int(count) for count in misses],
            "value": [float(value) for value in values],
        }
    )


def by_channel(table, column, channel_count):
    found = dict(zip(table["channel_name"], table[column]))
    return [float(found.get(f"c{channel}", 0)) for channel in range(channel_count)]


def heuristics(paths, conversions, misses, values, channel_count):
    """First, last and linear touch by the package, conversions and values."""
    # It speaks to standard output, where answers go, as soon as it is imported.
    with contextlib.redirect_stdout(io.StringIO()):
        import ChannelAttribution

        table = ChannelAttribution.heuristic_models(
            frame(paths, conversions, misses, values), "path", "conversions", var_value="value", flg_pro=False
        )
    answer = {}
    for ours, theirs in (("first", "first_touch"), ("last", "last_touch"), ("linear", "linear_touch")):
        answer[ours] = {
            "conversions": by_channel(table, f"{theirs}_conversions", channel_count),
            "values": by_channel(table, f"{theirs}_value", channel_count),
        }
    return answer


def markov_sampled(paths, conversions, misses, values, channel_count, order, seed=0, simulations=1e5, longest=None):
    """The package's own Markov model, which walks its chain at random."""
    # It speaks to standard output, where answers go, as soon as it is imported.
    with contextlib.redirect_stdout(io.StringIO()):
        import ChannelAttribution

        table = ChannelAttribution.markov_model(
            frame(paths, conversions, misses, values),
            "path",
            "conversions",
            var_value="value",
            var_null="misses",
            order=int(order),
            nsim_start=simulations,
            max_step=longest,
            seed=int(seed),
            verbose=False,
            flg_pro=False,
        )
    return {
        "conversions": by_channel(table, "total_conversions", channel_count),
        "values": by_channel(table, "total_conversion_value", channel_count),
    }


def markov_exact(paths, conversions, misses, values, channel_count, order):
    """Removal effects by one linear system for the whole chain and one for each channel that is left out.

    A state is the tuple of the last `order` channels. A walk that would enter a state with the channel ends without a
    conversion; the effect is the difference of the two chances, over the larger one.
    """
    order = int(order)
    counts = collections.defaultdict(lambda: collections.defaultdict(float))
    rewards = collections.defaultdict(float)
    for path, converted, missed, value in zip(paths, conversions, misses, values):
        state = ()
        for channel in path:
            following = (state + (int(channel),))[-order:]
            counts[state][following] += converted + missed
            state = following
        counts[state]["converted"] += converted
        counts[state]["missed"] += missed
        rewards[state] += value
    states = sorted(counts, key=lambda state: (len(state), state))
    place = {state: index for index, state in enumerate(states)}
    moves = numpy.zeros((len(states), len(states)))
    chance = numpy.zeros(len(states))
    gain = numpy.zeros(len(states))
    for state in states:
        total = sum(counts[state].values())
        for following, count in counts[state].items():
            if following == "converted":
                chance[place[state]] = count / total
            elif following != "missed":
                moves[place[state], place[following]] = count / total
        gain[place[state]] = rewards[state] / total

    def solved(kept):
        system = numpy.eye(len(kept)) - moves[numpy.ix_(kept, kept)]
        solution = numpy.linalg.solve(system, numpy.column_stack([chance[kept], gain[kept]]))
        return solution[kept.index(place[()])]

    whole = solved(list(range(len(states))))
    effects = []
    for channel in range(int(channel_count)):
        without = solved([place[state] for state in states if channel not in state])
        effects.append(1 - without / whole)
    effects = numpy.array(effects)
    return {
        "effects": effects[:, 0],
        "conversions": effects[:, 0] / effects[:, 0].sum() * sum(conversions),
        "values": effects[:, 1] / effects[:, 1].sum() * sum(values),
        "states": len(states),
    }


def shapley_permutations(paths, conversions, misses, values, channel_count):
    """The mean of what a channel adds, over all orders in which channels can join, one by one and in fractions.

    A set of channels is worth the conversions of paths that have no channel outside of it.
    """
    channel_count = int(channel_count)

    def worth(weights):
        return {
            members: sum(
                (fractions.Fraction(weight) for path, weight in zip(paths, weights) if set(map(int, path)) <= members),
                fractions.Fraction(0),
            )
            for size in range(channel_count + 1)
            for members in map(frozenset, itertools.combinations(range(channel_count), size))
        }

    answer = {}
    for name, weights in (("conversions", conversions), ("values", values)):
        weights = [weight if path else 0 for path, weight in zip(paths, weights)]
        worths = worth(weights)
        sums = [fractions.Fraction(0)] * channel_count
        orders = 0
        for joining in itertools.permutations(range(channel_count)):
            orders += 1
            members = frozenset()
            for channel in joining:
                larger = members | {channel}
                sums[channel] += worths[larger] - worths[members]
                members = larger
        answer[name] = [float(value / orders) for value in sums]
    return answer


CHANNELS = ["Facebook", "Instagram", "Online Display", "Online Video", "Paid Search"]


def exported_paths(path, lookback_days):
    """The paths of the touchpoints export: a row with a conversion is a touch, and a conversion at its moment."""
    touches = collections.defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            moment = datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00"))
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=datetime.timezone.utc)
            value = round(fractions.Fraction(row["conversion_value"]) * 100) if row["conversion"] == "1" else None
            touches[row["customer_id"]].append((moment, number, CHANNELS.index(row["channel"]), value))
    lookback = datetime.timedelta(days=lookback_days)
    paths, conversions, misses, values, ages = [], [], [], [], []

    def keep(chosen, end, value):
        kept = [touch for index, touch in enumerate(chosen) if index + 1 == len(chosen) or chosen[index + 1][2] != touch[2]]
        paths.append([touch[2] for touch in kept])
        ages.append([(end - touch[0]).total_seconds() for touch in kept])
        conversions.append(0 if value is None else 1)
        misses.append(1 if value is None else 0)
        values.append(value or 0)

    for rows in touches.values():
        rows.sort(key=lambda row: (row[0], row[1]))
        covered = set()
        for end, _, _, value in rows:
            if value is not None:
                window = [row for row in rows if end - lookback <= row[0] <= end]
                covered.update(row[1] for row in window)
                keep(window, end, value)
        run = []
        for row in rows:
            if run and (row[1] in covered or row[0] - run[-1][0] > lookback):
                keep(run, run[-1][0], None)
                run = []
            if row[1] not in covered:
                run.append(row)
        if run:
            keep(run, run[-1][0], None)
    return paths, conversions, misses, values, ages


def export_figures(path, lookback_days=30, half_life_days=7):
    """Conversions and value (in hundredths) by channel and model, of the touchpoints export."""
    paths, conversions, misses, values, ages = exported_paths(path, lookback_days)
    answer = {
        "conversions": sum(conversions),
        "value": sum(values),
        "misses": sum(misses),
        "models": {},
    }

    def credited(name, shares):
        totals = [[fractions.Fraction(0), fractions.Fraction(0)] for _ in CHANNELS]
        for route, count, value, age in zip(paths, conversions, values, ages):
            if count:
                for channel, share in zip(route, shares(route, age)):
                    totals[channel][0] += share
                    totals[channel][1] += share * value
        answer["models"][name] = {
            "conversions": [float(total[0]) for total in totals],
            "values": [float(total[1]) for total in totals],
        }

    def position(route, _):
        if len(route) == 1:
            return [fractions.Fraction(1)]
        if len(route) == 2:
            return [fractions.Fraction(1, 2)] * 2
        middle = fractions.Fraction(1, 5 * (len(route) - 2))
        return [fractions.Fraction(2, 5)] + [middle] * (len(route) - 2) + [fractions.Fraction(2, 5)]

    def decayed(_, age):
        weights = [fractions.Fraction(2.0 ** (-seconds / (half_life_days * 86400))) for seconds in age]
        return [weight / sum(weights) for weight in weights]

    def distinct(route, _):
        seen = set()
        return [
            fractions.Fraction(1, len(set(route))) if not (channel in seen or seen.add(channel)) else fractions.Fraction(0)
            for channel in route
        ]

    credited("last", lambda route, _: [fractions.Fraction(int(i + 1 == len(route))) for i in range(len(route))])
    credited("first", lambda route, _: [fractions.Fraction(int(i == 0)) for i in range(len(route))])
    credited("linear", lambda route, _: [fractions.Fraction(1, len(route))] * len(route))
    credited("position", position)
    credited("time_decay", decayed)
    credited("shapley", distinct)
    for order in (1, 2, 3):
        exact = markov_exact(paths, conversions, misses, values, len(CHANNELS), order)
        answer["models"]["markov" if order == 1 else f"markov_{order}"] = {
            "conversions": list(exact["conversions"]),
            "values": list(exact["values"]),
        }
    return answer


def export_sampled(path, seeds, order=1, lookback_days=30):
    """What the package says of the export by several seeds, with its defaults: conversions by channel."""
    paths, conversions, misses, values, _ = exported_paths(path, lookback_days)
    return [
        markov_sampled(paths, conversions, misses, values, len(CHANNELS), order, seed)["conversions"] for seed in seeds
    ]
