"""Fits the L2-regularised logistic regression of the rows, with an unpenalised intercept.

usage: learning_fit.py scikit-learn|glum ROWS-FILE ROWS COLUMNS PENALTY

Minimises sum(log-loss) + PENALTY / 2 * |w|^2, to a gradient of 1e-9 a row.
"""

import argparse
import warnings

import job
import learning_rows


def scikit_learn(x, y, penalty):
    """scikit-learn's solver for many rows and few columns."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-9, max_iter=100)
    stopwatch = job.Stopwatch()
    model.fit(x, y)
    return stopwatch.seconds(), model.intercept_[0], model.coef_[0], int(model.n_iter_[0])


def glum(x, y, penalty):
    """glum divides the loss by the number of rows."""
    from glum import GeneralizedLinearRegressor

    model = GeneralizedLinearRegressor(
        family="binomial", alpha=penalty / len(y), l1_ratio=0, fit_intercept=True, gradient_tol=1e-9, solver="irls-ls")
    stopwatch = job.Stopwatch()
    model.fit(x, y)
    return stopwatch.seconds(), model.intercept_, model.coef_, int(model.n_iter_)


def main():
    """Parses the command line and fits."""
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=("scikit-learn", "glum"))
    parser.add_argument("file")
    parser.add_argument("rows", type=int)
    parser.add_argument("columns", type=int)
    parser.add_argument("penalty", type=float)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    fit = scikit_learn if arguments.engine == "scikit-learn" else glum
    x, y = learning_rows.load(arguments.file, arguments.rows, arguments.columns)
    # What is imported and made once is not the fit's.
    fit(x[:20000], y[:20000], arguments.penalty)
    memory = learning_rows.ExtraMemory()
    seconds, intercept, coefficients, iterations = fit(x, y, arguments.penalty)
    job.print_report(
        seconds=[seconds], extraBytes=memory.bytes(), iterations=iterations, intercept=float(intercept),
        coefficients=[float(value) for value in coefficients])


if __name__ == "__main__":
    main()
