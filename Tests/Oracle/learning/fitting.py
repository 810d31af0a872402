"""Logistic regressions fitted by scikit-learn."""

import numpy
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss


def breast_cancer():
    """scikit-learn's own data: 569 rows of 30 columns; 1 is benign."""
    data = load_breast_cancer()
    return {"x": data.data, "y": data.target.astype(float), "names": [str(name) for name in data.feature_names]}


def logistic(x, y, penalty, weights=None, solver="newton-cholesky", tolerance=1e-12, iterations=200, l1_share=0.0):
    """Minimises sum(weight * log-loss) + penalty * (l1_share * |w| + (1 - l1_share) / 2 * w^2), intercept free."""
    settings = {"C": numpy.inf} if penalty == 0 else {"C": 1 / penalty}
    if l1_share > 0:
        settings["l1_ratio"] = l1_share
    model = LogisticRegression(solver=solver, tol=tolerance, max_iter=iterations, random_state=1, **settings)
    model.fit(x, y, sample_weight=weights)
    return {
        "intercept": model.intercept_[0],
        "coefficients": model.coef_[0],
        "iterations": int(model.n_iter_[0]),
    }


def standard_errors(x, y, penalty, intercept, coefficients, weights=None):
    """Roots of the diagonal of the inverse Hessian of the penalised loss; the intercept's last. And its condition number,
    with rows and columns scaled so that its diagonal is 1."""
    probability = 1 / (1 + numpy.exp(-(x @ numpy.array(coefficients) + intercept)))
    curvature = probability * (1 - probability) * (1 if weights is None else weights)
    design = numpy.column_stack([x, numpy.ones(len(x))])
    hessian = design.T @ (curvature[:, None] * design)
    hessian[numpy.arange(x.shape[1]), numpy.arange(x.shape[1])] += penalty
    scales = 1 / numpy.sqrt(numpy.diag(hessian))
    return {
        "errors": numpy.sqrt(numpy.diag(numpy.linalg.inv(hessian))),
        "condition": numpy.linalg.cond(hessian * numpy.outer(scales, scales)),
    }


def later_losses(x, y, times, cuts, penalties):
    """Mean log-loss on rows of times in [cuts[k], cuts[k + 1]) of fits on all rows before; a list a penalty, of one a
    fold. A fold's penalty is for its share of the rows."""
    losses = []
    for penalty in penalties:
        folds = []
        for begin, end in zip(cuts, cuts[1:]):
            before, later = times < begin, (times >= begin) & (times < end)
            fit = logistic(x[before], y[before], penalty * before.mean())
            odds = x[later] @ fit["coefficients"] + fit["intercept"]
            folds.append(log_loss(y[later], 1 / (1 + numpy.exp(-odds)), labels=[0, 1]))
        losses.append(folds)
    return losses
