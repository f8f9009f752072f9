# Everything a person needs: `make run`. `make help` lists the rest.

# The Python that .venv was made with, once there is one. -S: no packages, hence none that re-execute.
PYTHON ?= $(shell .venv/bin/python -S -c '' 2>/dev/null && echo .venv/bin/python || echo python3)
SET_UP = PYTHONPATH=scripts PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -S -m set_up
BIN = .venv/bin

.PHONY: help setup run test check clean setup-tests gazebo test-gazebo

help:  ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

setup:  ## .venv, ROS interfaces, front-end packages; quick when nothing changed
	@$(SET_UP)

setup-tests:
	@$(SET_UP) --tests

run: setup  ## start the suite; ARGS="…" goes to `or-robot up`
	@exec $(BIN)/or-robot up $(ARGS)

# Exit status 5: ARGS chose none of these. What runs in real time has the machine to itself.
test: setup-tests  ## set-up, then every test; ARGS="…" goes to pytest
	@$(BIN)/python -m pytest -q --durations=10 -n 2 --dist loadfile tests/unit tests/integration $(ARGS) || test $$? -eq 5
	@$(BIN)/python -m pytest -q --durations=10 tests/ros tests/browser $(ARGS) || test $$? -eq 5

gazebo:  ## Gazebo classic into a cache folder, without root; goes on where it was interrupted
	@PYTHONPATH=scripts PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -S -m set_up.gazebo

test-gazebo: setup-tests gazebo  ## the suite driving in Gazebo; ARGS="…" goes to pytest
	@$(BIN)/python -m pytest -q -s tests/gazebo $(ARGS)

check: setup-tests  ## ruff, mypy, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

clean:  ## remove everything that set-up and tests made here; state under OR_ROBOT_HOME stays
	@rm -rf .venv build web/node_modules or_robot.egg-info
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
