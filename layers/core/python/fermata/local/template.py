"""``template.yaml`` as plain CloudFormation, as AWS itself would transform it.

Linters, tests and the local stack all deploy what comes out of here, so that none of them has a second description.
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

REGION = "us-east-1"
PARTITION_ACCOUNT = "000000000000"

Template = dict[str, Any]
Locate = Callable[[str], dict[str, str]]
"""Where a folder of code lies once it is uploaded: its path in the project → ``{"Bucket": …, "Key": …}``."""

_CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


def project_root() -> Path:
    """The folder of ``template.yaml``: the nearest one above this file or above the working directory.

    Raises FileNotFoundError where there is none, as in an installation without the project.
    """
    for start in (Path(__file__).resolve(), Path.cwd() / "here"):
        for folder in start.parents:
            if (folder / "template.yaml").is_file() and (folder / "statemachines").is_dir():
                return folder
    raise FileNotFoundError("no template.yaml found; run this inside Fermata's folder")


def load(root: Path | None = None) -> Template:
    """The template as written, intrinsic functions in their long form."""
    from samtranslator.yaml_helper import yaml_parse

    text = ((root or project_root()) / "template.yaml").read_text(encoding="utf-8")
    parsed: Template = json.loads(json.dumps(yaml_parse(text)))
    return parsed


def definition(root: Path | None = None) -> Template:
    """The state machine as it is in the partition ``aws``, its other placeholders as they are written."""
    path = (root or project_root()) / "statemachines" / "job.asl.json"
    parsed: Template = json.loads(path.read_text(encoding="utf-8").replace("${Partition}", "aws"))
    return parsed


def code_folders(template: Template) -> list[str]:
    """Every folder that the template's functions and layers are made of, as written there."""
    resources = template["Resources"].values()
    return [r["Properties"][_CODE[r["Type"]]] for r in resources if r["Type"] in _CODE]


def unversioned(template: Template) -> Template:
    """The template with functions that are called by themselves rather than by the alias of a version.

    For stacks without a rollout: a local one has no second version to try, and the next deployment should be there at once.
    """
    result = copy.deepcopy(template)
    for part in (result["Globals"]["Function"], *(r["Properties"] for r in result["Resources"].values())):
        for name in ("AutoPublishAlias", "AutoPublishAliasAllProperties", "DeploymentPreference", "SnapStart"):
            part.pop(name, None)
    for resource in result["Resources"].values():
        if str(resource.get("DependsOn", "")).endswith("Alias" + template["Globals"]["Function"]["AutoPublishAlias"]):
            del resource["DependsOn"]
    return {**result, "Resources": _without_aliases(result["Resources"])}


def _without_aliases(node: Any) -> Any:
    if isinstance(node, dict):
        if node.keys() == {"Ref"} and node["Ref"].endswith(".Alias"):
            return {"Fn::GetAtt": [node["Ref"].removesuffix(".Alias"), "Arn"]}
        return {key: _without_aliases(value) for key, value in node.items()}
    return [_without_aliases(value) for value in node] if isinstance(node, list) else node


def plain(template: Template, locate: Locate, root: Path | None = None) -> Template:
    """The transformed template, with code at its locations and the state machine's definition inside.

    The definition stays an object rather than a string, since that is what cfn-lint reads.
    """
    source = copy.deepcopy(template)
    for resource in source["Resources"].values():
        field = _CODE.get(resource["Type"])
        if field:
            resource["Properties"][field] = locate(resource["Properties"][field])
        if resource["Type"] == "AWS::Serverless::StateMachine":
            resource["Properties"]["Definition"] = definition(root)
            del resource["Properties"]["DefinitionUri"]
    result = _transform(source)
    for resource in result["Resources"].values():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            resource["Properties"].pop("DefinitionString", None)
            resource["Properties"]["Definition"] = definition(root)
    return result


def _transform(source: Template) -> Template:
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    defaults = {name: spec.get("Default", "") for name, spec in source["Parameters"].items()}
    defaults |= {"AWS::Region": REGION, "AWS::AccountId": PARTITION_ACCOUNT, "AWS::StackName": "fermata"}
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    result: Template = json.loads(json.dumps(translator.translate(source, defaults)))
    translator.metrics.publish()  # goes nowhere, but not to do so earns a warning
    return result


def with_tags(template: Template, logical_id: str, tags: Mapping[str, str]) -> None:
    """Adds tags to a resource that takes them as a mapping."""
    template["Resources"][logical_id]["Properties"].setdefault("Tags", {}).update(tags)


def main() -> None:
    """Writes the plain template to a file, for linters."""
    parser = argparse.ArgumentParser(description="Write template.yaml as plain CloudFormation.")
    parser.add_argument("output", type=Path)
    output = parser.parse_args().output
    output.parent.mkdir(parents=True, exist_ok=True)
    result = plain(load(), lambda folder: {"Bucket": "code", "Key": folder.strip("/") + ".zip"})
    output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
