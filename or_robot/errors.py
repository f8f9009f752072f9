"""The one error that a person is meant to read."""


class OrRobotError(Exception):
    """An expected failure: says what is wrong with which thing, and what to do about it.

    Commands print it as one line and exit with 1; processes log it once and stop cleanly.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem} — {remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy
