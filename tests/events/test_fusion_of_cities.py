"""Fusion on another city's requests: what its clerks called the same is found."""

from pathlib import Path

import pytest

from benchmarks.fusion import boston, labels, neighbours

pytestmark = pytest.mark.samples


def test_the_score_finds_more_labelled_pairs_than_the_plain_rule(samples: Path) -> None:
    pairs = list(neighbours(boston(samples)))
    labelled = labels(samples)

    def keys(kind: str) -> set[frozenset[str]]:
        return {frozenset((one.earlier.key, one.later.key)) for one in pairs if getattr(one, kind)}

    assert len(labelled) == 24
    plain, found, linked = (len(keys(kind) & labelled) for kind in ("plain", "found", "linked"))
    assert (plain, linked, found) == (11, 11, 17)
    # and links without a person fewer pairs than the plain rule would
    assert len(keys("linked")) < len(keys("plain"))
