"""Logistic regressions fitted by scikit-learn."""

import numpy
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression


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
