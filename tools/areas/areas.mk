# SPDX-License-Identifier: GPL-2.0
# voltgate-areas-mpi: the areas of a case as processes of an MPI job. Built where OpenMPI is (libopenmpi-dev).
AREAS_MPI_SOURCES := tools/areas/main.c tools/areas/post.c tools/voltgate/area_part.c tools/voltgate/area_report.c \
	tools/voltgate/plan_case.c tools/voltgate/say.c agent/time_text.c $(DISPATCH_SOURCES)
ifneq ($(shell command -v mpicc),)
$(B)/obj/tools/areas/%.o: CPPFLAGS += $(shell mpicc --showme:compile)
$(eval $(call vg_program,voltgate-areas-mpi,$(AREAS_MPI_SOURCES),$(shell mpicc --showme:link) -ljansson $(SCHED_LIBS)))

.PHONY: install-areas
install: install-areas
install-areas: $(B)/voltgate-areas-mpi
	install -Dm755 $(B)/voltgate-areas-mpi $(DESTDIR)$(PREFIX)/bin/voltgate-areas-mpi
	install -Dm644 tools/areas/voltgate-areas-mpi.1 $(DESTDIR)$(PREFIX)/share/man/man1/voltgate-areas-mpi.1
	install -Dm644 tools/areas/voltgate-areas-mpi.bash-completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/voltgate-areas-mpi
endif

.PHONY: uninstall-areas
uninstall: uninstall-areas
uninstall-areas:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/voltgate-areas-mpi share/man/man1/voltgate-areas-mpi.1 \
		share/bash-completion/completions/voltgate-areas-mpi)
