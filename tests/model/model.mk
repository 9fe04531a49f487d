# SPDX-License-Identifier: GPL-2.0
TESTS += tests/model/model_test.sh
.PHONY: model
#: make model     consensus as a model: the large searches too, to their ends
model:
	tests/model/model_test.sh --all
