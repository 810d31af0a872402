"""ChannelAttribution's Markov model, with its defaults, on a file of paths.

usage: attribution_markov.py FILE ORDER [--seed SEED]

The file has a header and `path,conversions,value,misses`, channels joined by " > ". Reading it is not timed.
"""

import argparse
import contextlib
import io

import job
import pandas

# It speaks to standard output as soon as it is imported.
with contextlib.redirect_stdout(io.StringIO()):
    import ChannelAttribution


def main():
    """Parses the command line and runs the model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("order", type=int)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    paths = pandas.read_csv(arguments.file)
    with contextlib.redirect_stdout(io.StringIO()):
        stopwatch = job.Stopwatch()
        result = ChannelAttribution.markov_model(
            paths, "path", "conversions", var_value="value", var_null="misses", order=arguments.order,
            seed=arguments.seed, verbose=False, flg_pro=False)
        seconds = stopwatch.seconds()
    job.print_report(
        seconds=[seconds],
        conversions={name: float(count) for name, count in zip(result["channel_name"], result["total_conversions"])})


if __name__ == "__main__":
    main()
