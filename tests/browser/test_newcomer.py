"""The first steps of README.md, in the dashboard; ``make walk`` takes them from a fresh clone on, with the clock running."""

import newcomer


def test_a_newcomer_pauses_resumes_and_reviews_a_job(scene, anybody):
    trial = newcomer.trial_of(newcomer.README.read_text(encoding="utf-8"))
    steps = []

    def done(step):
        steps.append(step)
        if step == "resumed it":  # what else it would do takes minutes
            scene.client.jobs.cancel_many(kind="probe")

    file = newcomer.README.parent / trial.file
    said = newcomer.walk(anybody, scene.server.url, scene.server.api_key, trial, file, done)
    assert len(steps) == 7
    assert "M-1001" in said
    assert "M-1002" not in said  # which was not approved
