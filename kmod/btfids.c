// SPDX-License-Identifier: GPL-2.0
/*
 * btfids.c - fills in the .BTF_ids section of a module, as the kernel's
 * resolve_btfids does where kernel headers bring that along.
 *
 *   btfids BASE MODULE.ko      BASE: BTF of the kernel, MODULE has its own BTF already
 *
 * <linux/btf_ids.h> leaves symbols in the section that say what belongs there:
 *   __BTF_ID__<kind>__<name>__<number>   four bytes: the BTF id of <name>
 *   __BTF_ID__set__<name>                u32 count, then that many ids, sorted
 *   __BTF_ID__set8__<name>               u32 count, u32 flags, then (id, flags) pairs, sorted by id
 * The sets are looked up by bisection, hence the order. A name that the BTF
 * does not have ends with an error: such a module loads and offers nothing.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "__BTF_ID__"

struct module {
	const char *path;
	struct btf *btf;
	Elf *elf;
	Elf_Data *symbols; /* of .symtab */
	size_t symbol_count;
	size_t names;	      /* section of their names */
	size_t section;	      /* index of .BTF_ids */
	unsigned char *bytes; /* of .BTF_ids, in the mapped file */
	size_t size;
	unsigned int resolved;
};

static const struct {
	const char *word;
	unsigned int kind;
} kinds[] = {
	{ "func", BTF_KIND_FUNC },	 { "struct", BTF_KIND_STRUCT }, { "union", BTF_KIND_UNION },
	{ "typedef", BTF_KIND_TYPEDEF }, { "enum", BTF_KIND_ENUM },
};

static int refuse(const char *path, const char *what)
{
	fprintf(stderr, "btfids: %s: %s\n", path, what);
	return -1;
}

/* Finds symbol table and .BTF_ids. @file: the mapped bytes of the module. */
static int find_sections(struct module *module, unsigned char *file, size_t file_size)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(module->elf, &names))
		return refuse(module->path, "it is not an ELF file that can be read");
	while ((scn = elf_nextscn(module->elf, scn))) {
		GElf_Shdr header;
		const char *name;

		if (!gelf_getshdr(scn, &header))
			return refuse(module->path, "a section header cannot be read");
		name = elf_strptr(module->elf, names, header.sh_name);
		if (header.sh_type == SHT_SYMTAB && header.sh_entsize) {
			module->symbols = elf_getdata(scn, NULL);
			module->symbol_count = header.sh_size / header.sh_entsize;
			module->names = header.sh_link;
		} else if (name && !strcmp(name, ".BTF_ids")) {
			if (header.sh_offset > file_size || header.sh_size > file_size - header.sh_offset)
				return refuse(module->path, "its .BTF_ids section lies outside the file");
			module->section = elf_ndxscn(scn);
			module->bytes = file + header.sh_offset;
			module->size = header.sh_size;
		}
	}
	if (!module->symbols || !module->bytes)
		return refuse(module->path, "it has no symbols or no .BTF_ids section: it offers no functions to BPF");
	return 0;
}

/* "<kind>__<name>__<number>" to the BTF id. */
static int resolve(struct module *module, const char *symbol)
{
	const char *name = strstr(symbol, "__");
	char text[256];
	size_t i, len;
	int id;

	if (!name)
		return refuse(symbol, "this symbol of .BTF_ids has no kind");
	len = (size_t)(name - symbol);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].word) == len && !strncmp(kinds[i].word, symbol, len))
			break;
	}
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return refuse(symbol, "this symbol of .BTF_ids is of no kind known here");
	snprintf(text, sizeof(text), "%s", name + 2);
	for (len = strlen(text); len > 2 && text[len - 1] >= '0' && text[len - 1] <= '9'; len--)
		;
	if (len > 2 && text[len - 1] == '_' && text[len - 2] == '_')
		text[len - 2] = '\0';
	id = btf__find_by_name_kind(module->btf, text, kinds[i].kind);
	if (id <= 0)
		return refuse(
			text,
			"the module's BTF has no such name: was it inlined, or is its prototype not known to pahole?");
	return id;
}

static int compare_ids(const void *a, const void *b)
{
	unsigned int x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

/* Counts and sorts the ids of a set, which are resolved by then. */
static int finish_set(unsigned char *set, size_t size, bool pairs)
{
	size_t head = pairs ? 8 : 4, entry = pairs ? 8 : 4;
	unsigned int count;

	if (size < head || (size - head) % entry)
		return -1;
	count = (unsigned int)((size - head) / entry);
	memcpy(set, &count, sizeof(count));
	qsort(set + head, count, entry, compare_ids);
	return 0;
}

/* One symbol of .BTF_ids; @sets: the pass that finishes sets, after the one that resolves names. */
static int take_symbol(struct module *module, const char *name, const GElf_Sym *symbol, bool sets)
{
	const char *rest = name + strlen(PREFIX);
	bool pairs = !strncmp(rest, "set8__", 6), set = pairs || !strncmp(rest, "set__", 5);
	size_t size = set ? symbol->st_size : 4;
	unsigned char *place = module->bytes + symbol->st_value;
	int id;

	if (set != sets)
		return 0;
	if (symbol->st_value > module->size || size > module->size - symbol->st_value)
		return refuse(name, "this symbol lies outside .BTF_ids");
	if (set)
		return finish_set(place, size, pairs) ? refuse(name, "this set has an impossible size") : 0;
	id = resolve(module, rest);
	if (id < 0)
		return id;
	memcpy(place, &id, sizeof(id));
	module->resolved++;
	return 0;
}

static int take_symbols(struct module *module, bool sets)
{
	size_t i;

	for (i = 0; i < module->symbol_count; i++) {
		GElf_Sym symbol;
		const char *name;

		if (!gelf_getsym(module->symbols, (int)i, &symbol) || symbol.st_shndx != module->section)
			continue;
		name = elf_strptr(module->elf, module->names, symbol.st_name);
		if (name && !strncmp(name, PREFIX, strlen(PREFIX)) && take_symbol(module, name, &symbol, sets))
			return -1;
	}
	return 0;
}

static int patch(struct module *module, int fd)
{
	unsigned char *file;
	struct stat status;
	int err;

	if (fstat(fd, &status))
		return refuse(module->path, strerror(errno));
	file = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		return refuse(module->path, strerror(errno));
	module->elf = elf_memory((char *)file, (size_t)status.st_size);
	err = module->elf ? find_sections(module, file, (size_t)status.st_size)
			  : refuse(module->path, "it is no ELF file");
	if (!err)
		err = take_symbols(module, false);
	if (!err)
		err = take_symbols(module, true);
	if (!err && !module->resolved)
		err = refuse(module->path,
			     "its .BTF_ids names nothing: the functions for BPF were left out of the build");
	elf_end(module->elf);
	munmap(file, (size_t)status.st_size);
	return err;
}

int main(int argc, char **argv)
{
	struct module module = { .path = argc == 3 ? argv[2] : NULL };
	struct btf *base;
	int fd, err;

	if (argc != 3) {
		fprintf(stderr, "usage: btfids BASE MODULE.ko\n");
		return 1;
	}
	elf_version(EV_CURRENT);
	base = btf__parse(argv[1], NULL);
	if (!base)
		return refuse(argv[1], "it has no BTF that can be read") ? 1 : 0;
	module.btf = btf__parse_split(argv[2], base);
	if (!module.btf) {
		btf__free(base);
		return refuse(argv[2], "it has no BTF on top of that kernel's: run pahole -J --btf_base first") ? 1 : 0;
	}
	fd = open(argv[2], O_RDWR | O_CLOEXEC);
	err = fd < 0 ? refuse(argv[2], strerror(errno)) : patch(&module, fd);
	if (fd >= 0)
		close(fd);
	btf__free(module.btf);
	btf__free(base);
	return err ? 1 : 0;
}
