import pytest

from or_robot.config.sources import SourcesConfig, load_sources
from or_robot.errors import OrRobotError


def loaded(tmp_path, text):
    file = tmp_path / "sources.yaml"
    file.write_text(text)
    return load_sources(file)


def test_without_a_file_nothing_listens(tmp_path):
    assert load_sources(tmp_path / "sources.yaml") == SourcesConfig()
    assert loaded(tmp_path, "") == SourcesConfig()


def test_everything_can_be_set(tmp_path):
    config = loaded(
        tmp_path,
        """
dicom_receiver: {host: 10.0.0.5, port: 11112, callers: [PACS]}
hl7v2_receiver: {port: 2575}
dicomweb: [{name: archive, url: "http://127.0.0.1:8042/dicom-web", period_s: 5}]
fhir: [{name: his, url: "https://his/fhir", user: robot, password_file: /etc/his}]
folders: [{name: drop, path: /srv/drop}]
""",
    )
    assert config.dicom_receiver.callers == ("PACS",)
    assert (config.dicomweb[0].period_s, config.fhir[0].user) == (5.0, "robot")
    assert config.folders[0].path == "/srv/drop"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("dicom: {}", "no setting dicom"),
        ("dicom_receiver: {prot: 1}", r"dicom_receiver\.prot"),
        ("dicom_receiver: {port: 80}", "port is 80"),
        ("dicom_receiver: {host: 0.0.0.0}", "callers"),
        ("hl7v2_receiver: {host: 0.0.0.0}", "senders"),
        ("dicom_receiver: {ae_title: ABCDEFGHIJKLMNOPQ}", "16 characters"),
        ("dicomweb: [{url: 'http://a'}]", "name"),
        ("fhir: [{name: a, url: 'ftp://a'}]", "http"),
        ("folders: [{name: a}]", "path"),
        ("folders: [{name: a, path: /a}, {name: a, path: /b}]", "same name"),
        ("fhir: 7", "fhir"),
        ("[1", "YAML"),
        ("- 1", "object"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, named):
    with pytest.raises(OrRobotError, match=named) as caught:
        loaded(tmp_path, text)
    assert "sources.yaml" in str(caught.value)
    assert caught.value.remedy
