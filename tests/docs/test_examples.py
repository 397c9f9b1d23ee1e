def run(code, names):
    exec(compile(code, "docs", "exec"), names)
    return names


def test_the_kind_of_the_page_works_as_it_stands_there(marked):
    names = run(marked("trial"), run(marked("example"), {}))
    assert names["job"].counts == (1, 1, 0)


def test_the_kind_of_the_page_pauses_and_goes_on(marked, lab):
    lab.engine.kinds["count_words"] = run(marked("example"), {})["COUNT_WORDS"]
    lab.start(kind="count_words", params={"texts": ["one", "two three"]})
    lab.pause()
    lab.run()
    assert lab.job.status == "paused"
    lab.resume()
    lab.run()
    assert (lab.job.status, lab.job.result) == ("completed", {"words": 3})
