from hashlib import sha256

import numpy as np
import pytest

from app.embedding import DIMENSIONS, embed


def similarity(first, second):
    return float(embed(first) @ embed(second))


def test_a_vector_has_length_one():
    assert np.linalg.norm(embed("some text")) == pytest.approx(1)


@pytest.mark.parametrize("text", ["", " .,! ", "the and of"])
def test_text_without_content_is_the_zero_vector(text):
    assert not embed(text).any()


def test_vectors_never_change_within_a_model():
    # Stored indexes rely on it. Another digest means another MODEL.
    vector = np.round(embed("The pump on deck three leaks oil"), 4) + 0.0
    assert vector.shape == (DIMENSIONS,)
    assert sha256(vector.tobytes()).hexdigest()[:16] == "2a5f240173d8ec99"


def test_case_accents_and_punctuation_do_not_matter():
    assert similarity("Café Zürich!", "cafe zurich") == pytest.approx(1)


def test_texts_about_the_same_thing_are_nearer():
    question = "How do users reset a forgotten password?"
    assert similarity(question, "Reset the password of a user") > 0.3
    assert abs(similarity(question, "The pump on deck three leaks oil")) < 0.15


def test_inflected_and_misspelt_words_are_near():
    assert similarity("resetting passwords", "reset password") > 0.25
    assert similarity("maintenance", "maintenence") > 0.3
