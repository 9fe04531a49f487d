# SPDX-License-Identifier: GPL-2.0
# Tests of the ITS verifier.
ITS_TEST_SOURCES := tests/its/judge.c $(ITS_SOURCES) $(ITS_MAKER_SOURCES)
ITS_TEST_LIBS := -ljansson $(ITS_LIBS)

$(eval $(call vg_test,its_coer_test,tests/its/coer_test.c agent/its/coer.c))
$(eval $(call vg_test,its_curve_test,tests/its/curve_test.c $(ITS_TEST_SOURCES),$(ITS_TEST_LIBS)))
$(eval $(call vg_test,its_certificate_test,tests/its/certificate_test.c $(ITS_TEST_SOURCES),$(ITS_TEST_LIBS)))
$(eval $(call vg_test,its_verifier_test,tests/its/verifier_test.c $(ITS_TEST_SOURCES),$(ITS_TEST_LIBS)))
$(eval $(call vg_test,its_limits_test,tests/its/limits_test.c $(ITS_TEST_SOURCES),$(ITS_TEST_LIBS)))
$(eval $(call vg_test,its_car_test,tests/its/car_test.c $(ITS_TEST_SOURCES),$(ITS_TEST_LIBS) -lpcap))
$(eval $(call vg_program,tests/its_sample,tests/its/sample.c $(ITS_TEST_SOURCES),$(ITS_TEST_LIBS) -lpcap))
$(eval $(call vg_fuzzer,its_frame_fuzz,tests/its/frame_fuzz.c $(ITS_SOURCES),$(ITS_TEST_LIBS)))
$(eval $(call vg_fuzzer,its_certificate_fuzz,tests/its/certificate_fuzz.c $(ITS_SOURCES),$(ITS_TEST_LIBS)))
TESTS += tests/its/verify.py
tests: $(B)/tests/its_sample $(B)/voltgate
$(eval $(call vg_test,its_room_test,tests/its/room_test.c $(sort $(ITS_ROOM_SOURCES) $(ITS_TEST_SOURCES)),$(ITS_TEST_LIBS)))
$(eval $(call vg_bench,its_bench,tests/bench/its_bench.c tests/bench/series.c $(sort $(ITS_ROOM_SOURCES) $(ITS_TEST_SOURCES)),$(ITS_TEST_LIBS)))
$(eval $(call vg_fuzzer,its_capture_fuzz,tests/its/capture_fuzz.c tools/voltgate/its_capture.c $(ITS_SOURCES),$(ITS_TEST_LIBS) -lpcap))
