"""DICOM, FHIR, HL7v2 to types."""
