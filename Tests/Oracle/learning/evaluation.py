"""Figures of probabilities, and calibration, as scikit-learn and scipy have them."""

import numpy
import scipy.stats
from sklearn.calibration import _SigmoidCalibration, calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)


def figures(probabilities, labels, weights, threshold):
    false_positives, true_positives, _ = roc_curve(labels, probabilities, sample_weight=weights)
    flagged = probabilities > threshold
    return {
        "areaUnderCurve": roc_auc_score(labels, probabilities, sample_weight=weights),
        "kolmogorovSmirnov": numpy.abs(true_positives - false_positives).max(),
        "averagePrecision": average_precision_score(labels, probabilities, sample_weight=weights),
        "brierScore": brier_score_loss(labels, probabilities, sample_weight=weights),
        "logLoss": log_loss(labels, probabilities, sample_weight=weights),
        "recall": recall_score(labels, flagged, sample_weight=weights),
        "precision": precision_score(labels, flagged, sample_weight=weights),
    }


def two_sample_ks(probabilities, labels):
    return scipy.stats.ks_2samp(probabilities[labels == 1], probabilities[labels == 0]).statistic


def curve(probabilities, labels, bins):
    rates, means = calibration_curve(labels, probabilities, n_bins=int(bins), strategy="quantile")
    return {"rates": rates, "means": means}


def line(log_odds, labels, weights):
    fitted = LogisticRegression(C=numpy.inf, solver="newton-cholesky", tol=1e-12, max_iter=200)
    fitted.fit(log_odds.reshape(-1, 1), labels, sample_weight=weights)
    intercept, slope = fitted.intercept_[0], fitted.coef_[0, 0]
    design = numpy.column_stack([numpy.ones_like(log_odds), log_odds])
    probability = 1 / (1 + numpy.exp(-(intercept + slope * log_odds)))
    curvature = probability * (1 - probability) * (1 if weights is None else weights)
    errors = numpy.sqrt(numpy.diag(numpy.linalg.inv(design.T @ (design * curvature[:, None]))))
    return {"intercept": intercept, "slope": slope, "interceptError": errors[0], "slopeError": errors[1]}


def platt(log_odds, labels):
    fitted = _SigmoidCalibration().fit(log_odds, labels)
    return {"intercept": -fitted.b_, "slope": -fitted.a_}


def isotonic(scores, labels, weights):
    return IsotonicRegression().fit(scores, labels, sample_weight=weights).predict(scores)


def chi_square_quantiles(probability, degrees):
    return scipy.stats.chi2.ppf(probability, degrees)


def stability(expected, observed):
    """Siddiqi, Credit Risk Scorecards, 2006: the sum of (actual - expected) times ln(actual / expected)."""
    expected, observed = expected / expected.sum(), observed / observed.sum()
    return numpy.sum((observed - expected) * numpy.log(observed / expected))


def decile_counts(values, later):
    """Rows of two samples between the deciles of the first."""
    edges = numpy.quantile(values, numpy.arange(1, 10) / 10, method="inverted_cdf")
    bins = lambda sample: numpy.bincount(numpy.searchsorted(edges, sample, side="left"), minlength=10)
    return {"expected": bins(values), "observed": bins(later), "bounds": edges}
