# SPDX-License-Identifier: GPL-2.0
# The paper's experiments in their quick form (minutes), and what their runner does with an end in the middle and with wrong rows.
tests: $(EXPERIMENT_PROGRAMS)
TESTS += tests/experiments/quick.py tests/experiments/runner.py tests/experiments/inputs.py
