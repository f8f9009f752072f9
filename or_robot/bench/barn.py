from or_robot.bench.barn_run import *
