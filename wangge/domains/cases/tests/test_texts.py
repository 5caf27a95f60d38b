"""Which matter a text means: the features, the model, its probabilities, its words, its storage."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wangge.domains.cases.learning import training
from wangge.domains.cases.learning.seed import seed
from wangge.domains.cases.learning.texts import Classifier, calibrated, deciding_words, grams, normalised

FEW = {"06010", "26004", "23010", "24001", "06001"}


@pytest.fixture(scope="module")
def trained():
    rows = [(text, code) for text, code in seed() if code in FEW]
    return training.train([text for text, _code in rows], [code for _text, code in rows])


def test_a_text_is_read_without_digits_marks_width_or_case():
    assert normalised("３号楼2单元，电话10012345678！") == "0号楼0单元 电话0 "
    assert normalised("ＡＢc…井盖") == "abc   井盖"


def test_grams_count_the_beginning_more_and_never_span_a_mark():
    assert grams("井盖，盖") == {"井": 4.0, "盖": 8.0, "井盖": 4.0}
    far = grams("。" * 30 + "井盖")
    assert far == {"井": 1.0, "盖": 1.0, "井盖": 1.0}


def test_the_model_knows_what_it_was_told_and_says_by_which_words(trained):
    first = {text: trained.model.likely(text)[0].label for text in (
        "电梯又把人困在里面了", "楼前下水道堵了往外冒粪水", "想问问低保怎么申请", "有人在墙根乱倒垃圾没人清", "邻居在楼顶搭彩钢房",
    )}  # fmt: skip
    assert list(first.values()) == ["23010", "26004", "24001", "06010", "06001"]
    best = trained.model.likely("昨天电梯困住了两个孩子")[0]
    assert best.label == "23010"
    assert best.probability > 0.5
    assert best.words[0].startswith("电梯")
    assert all(word in "昨天电梯困住了两个孩子" for word in best.words)


def test_nothing_known_says_nothing(trained):
    assert trained.model.likely("xyz qqq") == []
    assert trained.model.probabilities("") is None
    assert trained.model.words("xyz", 0) == ()


def test_the_same_samples_make_the_same_model(trained):
    rows = [(text, code) for text, code in seed() if code in FEW]
    again = training.train([text for text, _code in rows], [code for _text, code in rows])
    # The archive bears the minute of its making; the arrays do not.
    with np.load(io.BytesIO(trained.model.packed())) as one, np.load(io.BytesIO(again.model.packed())) as other:
        assert sorted(one) == sorted(other)
        assert all((one[name] == other[name]).all() for name in one)


def test_two_classes_are_enough_and_one_is_not():
    rows = [(text, code) for text, code in seed() if code in {"06010", "24001"}]
    model = training.train([text for text, _code in rows], [code for _text, code in rows]).model
    assert model.likely("低保怎么办")[0].label == "24001"
    assert model.likely("墙根一堆垃圾")[0].label == "06010"
    with pytest.raises(ValueError):
        training.train([text for text, code in rows if code == "06010"], ["06010"] * 10)
    with pytest.raises(ValueError):
        training.train(["一", "二", *[text for text, _ in rows]], ["x", "x", *[code for _, code in rows]])


def test_a_stored_model_says_the_same(trained):
    stored = Classifier.unpacked(trained.model.packed())
    for text in ("电梯困人", "下水道堵了", "低保"):
        assert stored.likely(text) == trained.model.likely(text)


def test_a_pickle_is_refused():
    with pytest.raises(ValueError):
        Classifier.unpacked(pickle.dumps({"classes": ["06010"]}))
    file = io.BytesIO()
    np.savez(file, format=np.array([object()], dtype=object))
    with pytest.raises(ValueError):
        Classifier.unpacked(file.getvalue())


def test_digits_never_enter_the_vocabulary(trained):
    with np.load(io.BytesIO(trained.model.packed())) as held:
        assert [gram for gram in held["vocabulary"].tolist() if any(c.isdigit() and c != "0" for c in gram)] == []


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_probabilities_are_ordered_and_never_more_than_one(trained, text):
    likely = trained.model.likely(text + "电梯", limit=5)
    chances = [one.probability for one in likely]
    assert len(likely) == 5
    assert chances == sorted(chances, reverse=True)
    assert all(0.0 <= chance <= 1.0 for chance in chances)
    assert sum(chances) <= 1.0 + 1e-5


@given(
    st.lists(st.lists(st.floats(-5, 5), min_size=4, max_size=4), min_size=1, max_size=5),
    st.floats(0.5, 20),
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
)
@settings(max_examples=200, deadline=None)
def test_calibration_keeps_the_order_of_the_classes(margins, sharpness, heights):
    table = np.array(margins, dtype=np.float32)
    curve = np.array([sharpness, 0.2, 0.5, 0.9, *sorted(heights)], dtype=np.float32)
    chances = calibrated(table, curve)
    assert (chances.sum(axis=1) <= 1.0 + 1e-5).all()
    for row, said in zip(table, chances, strict=True):
        best = int(row.argmax())
        assert said[best] >= said.max() - 1e-6


def test_deciding_words_are_stretches_of_the_text_as_it_was_written():
    assert deciding_words("三号楼：电梯坏了", {"电梯": 1.0, "梯坏": 0.1}) == ("电梯",)
    assert deciding_words("天气好", {}) == ()


def test_the_seed_set_has_ten_sentences_for_each_of_its_matters():
    held: dict[str, set[str]] = {}
    for text, code in seed():
        held.setdefault(code, set()).add(text)
    assert len(held) >= 60
    assert {code: len(texts) for code, texts in held.items() if len(texts) < 10} == {}
    assert len({text for text, _code in seed()}) == len(seed())
