import io
import zipfile

from fermata.local import package, template


def names(content):
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_the_core_lies_where_python_finds_it(project):
    assert names(package.archive(project, "layers/core"))[0] == "python/fermata/__init__.py"


def test_the_dashboard_lies_where_python_finds_it(project):
    assert "python/fermata_dashboard/index.html" in names(package.archive(project, "dashboard"))


def test_the_same_code_gives_the_same_archive(project):
    assert package.archive(project, "functions/api/") == package.archive(project, "functions/api/")


def test_bytecode_goes_along(project):
    assert [name for name in names(package.archive(project, "functions/api/")) if name.endswith(".pyc")]


def test_a_change_gives_a_new_key():
    assert package.key_of("functions/api/", b"one") != package.key_of("functions/api/", b"two")


def test_dependencies_are_left_out():
    lean = package.without_dependencies(template.load())
    assert not set(package.DEPENDENCY_LAYERS) & set(lean["Resources"])
    functions = {name: r for name, r in lean["Resources"].items() if r["Type"] == "AWS::Serverless::Function"}
    layers = {name: [layer["Ref"] for layer in r["Properties"]["Layers"]] for name, r in functions.items()}
    adapted = {"ApiFunction": ["CoreLayer", "DashboardLayer"], "StreamFunction": ["CoreLayer", "StreamingAdapter"]}
    assert layers == {name: ["CoreLayer"] for name in functions} | adapted
