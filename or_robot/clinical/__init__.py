"""Plan, dose, structures, patient record: types in, types out."""
