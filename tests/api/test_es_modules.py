"""Modules, joined; what the script does is seen in the browser."""

import pytest
from fermata.api.es_modules import NotJoinable, joined


def test_what_is_needed_comes_first_and_once():
    script = joined(
        {
            "app.js": 'import { a } from "./lib/a.js";\nimport { b } from "./lib/b.js";\na(b);\n',
            "lib/a.js": 'import { b } from "./b.js";\nexport function a() { return b; }\n',
            "lib/b.js": "export const b = 1;\n",
        },
        "app.js",
    )
    assert script.count("const b = 1") == 1
    assert script.index("const b = 1") < script.index("function a()") < script.index("a(b)")
    assert "import" not in script and "export" not in script


def test_lists_and_other_names_are_understood():
    script = joined({"app.js": 'import { c as d } from "./b.js";\nd;\n', "b.js": "let e=1;export{e as c};\n"}, "app.js")
    assert "return { c: e };" in script
    assert "const { c: d } = $m0;" in script


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('import x from "./b.js";', "app.js: import x"),
        ("export default 1;", "app.js: export default"),
        ('import { x } from "./none.js";', "none.js, which is not there"),
        ('import { x } from "./app.js";', "needs itself"),
    ],
)
def test_what_is_not_understood_is_refused(source, why):
    with pytest.raises(NotJoinable, match=why):
        joined({"app.js": source}, "app.js")
