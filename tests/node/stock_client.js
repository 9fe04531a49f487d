// SPDX-License-Identifier: GPL-2.0
// A stock gRPC client (npm's @grpc/grpc-js) against a node: a transaction built by hand from what
// ledger/transaction.h says, endorsed, submitted, found in the streamed blocks and proved by its Merkle path.
// KTAP lines "ok|not ok TEXT"; stock_client.py numbers them.
//
//   node stock_client.js PROTO WORLD.json
//   WORLD: {channel, nodes: [{address, name}], ca, client: {certificate, key}, stranger: {certificate, key}}
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const world = JSON.parse(fs.readFileSync(process.argv[3]));
const proto = grpc.loadPackageDefinition(loader.loadSync(process.argv[2], { keepCase: true, longs: Number, defaults: true }));
const channel = Buffer.from(world.channel, "hex");
const ok = (passed, text, why) => {
	console.log(`${passed ? "ok" : "not ok"} ${text}`);
	if (!passed && why !== undefined) console.log(`# ${why}`);
};

// --- BLAKE2b-256 (RFC 7693), unkeyed ---

const IV = ["6a09e667f3bcc908", "bb67ae8584caa73b", "3c6ef372fe94f82b", "a54ff53a5f1d36f1", "510e527fade682d1",
	"9b05688c2b3e6c1f", "1f83d9abfb41bd6b", "5be0cd19137e2179"].map((word) => BigInt("0x" + word));
const SIGMA = ["0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "9057" + "24af" + "e1bc683d",
	"2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0"]
	.map((row) => [...row].map((digit) => parseInt(digit, 16)));
const MASK = (1n << 64n) - 1n;
const rotate = (word, by) => ((word >> by) | (word << (64n - by))) & MASK;

function compress(h, block, count, last) {
	const m = [];
	for (let i = 0; i < 16; i++) m.push(block.readBigUInt64LE(8 * i));
	const v = [...h, ...IV];
	v[12] ^= count;
	if (last) v[14] ^= MASK;
	const mix = (a, b, c, d, x, y) => {
		v[a] = (v[a] + v[b] + x) & MASK;
		v[d] = rotate(v[d] ^ v[a], 32n);
		v[c] = (v[c] + v[d]) & MASK;
		v[b] = rotate(v[b] ^ v[c], 24n);
		v[a] = (v[a] + v[b] + y) & MASK;
		v[d] = rotate(v[d] ^ v[a], 16n);
		v[c] = (v[c] + v[d]) & MASK;
		v[b] = rotate(v[b] ^ v[c], 63n);
	};
	for (let round = 0; round < 12; round++) {
		const s = SIGMA[round % 10];
		mix(0, 4, 8, 12, m[s[0]], m[s[1]]);
		mix(1, 5, 9, 13, m[s[2]], m[s[3]]);
		mix(2, 6, 10, 14, m[s[4]], m[s[5]]);
		mix(3, 7, 11, 15, m[s[6]], m[s[7]]);
		mix(0, 5, 10, 15, m[s[8]], m[s[9]]);
		mix(1, 6, 11, 12, m[s[10]], m[s[11]]);
		mix(2, 7, 8, 13, m[s[12]], m[s[13]]);
		mix(3, 4, 9, 14, m[s[14]], m[s[15]]);
	}
	for (let i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
}

function blake2b256(data) {
	const h = [...IV];
	h[0] ^= 0x01010000n ^ 32n;
	let at = 0;
	for (; at + 128 < data.length; at += 128) compress(h, data.subarray(at, at + 128), BigInt(at + 128), false);
	const block = Buffer.alloc(128);
	data.copy(block, 0, at);
	compress(h, block, BigInt(data.length), true);
	const out = Buffer.alloc(32);
	for (let i = 0; i < 4; i++) out.writeBigUInt64LE(h[i], 8 * i);
	return out;
}

const hash = (domain, ...pieces) => blake2b256(Buffer.concat([Buffer.from([domain]), ...pieces]));

// --- ledger/transaction.h ---

const u8 = (value) => Buffer.from([value]);
const u16 = (value) => { const b = Buffer.alloc(2); b.writeUInt16BE(value); return b; };
const u32 = (value) => { const b = Buffer.alloc(4); b.writeUInt32BE(value); return b; };
const u64 = (value) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(value)); return b; };
const span16 = (bytes) => Buffer.concat([u16(bytes.length), bytes]);
const span32 = (bytes) => Buffer.concat([u32(bytes.length), bytes]);
const PROPOSAL = 0x11, CLIENT = 0x61, TRANSACTION = 0x10, LEAF = 0x00, NODE = 0x01, HEADER = 0x20;

const privateKey = crypto.createPrivateKey(fs.readFileSync(world.client.key));
const publicKey = crypto.createPublicKey(privateKey).export({ type: "spki", format: "der" }).subarray(-32);
const time64 = (seconds) => BigInt(Date.now() + 1000 * seconds) * 1000n - 1072915200n * 1000000n + 5000000n;
let nonce = Date.now();

function propose(contract, fn, args) {
	const bytes = Buffer.concat([channel, publicKey, u64(nonce++), u64(time64(60)), span16(Buffer.from(contract)),
		span16(Buffer.from(fn)), u8(args.length), ...args.map((arg) => span32(Buffer.from(arg))), Buffer.alloc(32)]);
	const signature = crypto.sign(null, hash(CLIENT, channel, hash(PROPOSAL, bytes)), privateKey);
	return { bytes, signature };
}

const invoke = (proposal, endorsed) => Buffer.concat([u8(2), span32(proposal.bytes), u8(0), proposal.signature,
	span32(endorsed[0].rwset), u8(endorsed.length), ...endorsed.map((one) => one.endorsement)]);

function rootOfPath(leaf, index, count, path) { // RFC 9162 section 2.1.3.2
	let at = index, last = count - 1, root = leaf;
	for (const step of path) {
		if (at & 1 || at === last) {
			root = hash(NODE, step, root);
			while (!(at & 1) && at) { at >>= 1; last >>= 1; }
		} else {
			root = hash(NODE, root, step);
		}
		at >>= 1;
		last >>= 1;
	}
	return last === 0 ? root : null;
}

// --- gRPC ---

const credentials = (who, ca) => grpc.credentials.createSsl(fs.readFileSync(ca), who && fs.readFileSync(who.key),
	who && fs.readFileSync(who.certificate));
const connect = (node, who) => new proto.voltgate.v1.Ledger(node.address, credentials(who, node.ca), { "grpc.max_receive_message_length": 32 << 20 });
const deadline = (ms) => ({ deadline: Date.now() + ms });
const call = (client, method, request, options) => new Promise((resolve) =>
	client[method](request, options || deadline(10000), (error, answer) => resolve({ error, answer })));

async function unary(clients) {
	const proposal = propose("kv", "put", ["from-javascript", "hello"]);
	const endorsed = [];
	for (const client of clients.slice(0, 2)) {
		const { error, answer } = await call(client, "Endorse", { proposal: proposal.bytes, client_signature: proposal.signature });
		ok(!error, "Endorse answers", error);
		if (answer) endorsed.push(answer);
	}
	const ahead = await call(clients[0], "Endorse", { proposal: proposal.bytes, client_signature: proposal.signature, height: 1000000 });
	ok(ahead.error && ahead.error.code === grpc.status.UNAVAILABLE && ahead.error.details.includes("far behind"),
		"Endorse does not wait for a block that is far away", ahead.error || JSON.stringify(ahead.answer));
	ok(endorsed.length === 2 && endorsed[0].rwset.equals(endorsed[1].rwset), "two organisations' nodes say the same");
	const transaction = invoke(proposal, endorsed);
	const { error, answer } = await call(clients[2], "Submit", { channel, transaction });
	ok(!error && answer.word === "valid" && answer.block > 0, "Submit commits the transaction made in JavaScript", error || JSON.stringify(answer));
	const again = await call(clients[3], "Submit", { channel, transaction });
	ok(!again.error && again.answer.block === answer.block && again.answer.index === answer.index,
		"the same again, to another node, tells where it stands already", again.error || JSON.stringify(again.answer));
	return { transaction, proposal, block: answer ? answer.block : 0 };
}

async function prove(client, made) {
	const { error, answer } = await call(client, "Transaction", { channel, hash: hash(PROPOSAL, made.proposal.bytes) });
	ok(!error && answer.transaction.equals(made.transaction), "Transaction finds it by its proposal's hash", error);
	if (error) return;
	const leaf = hash(LEAF, hash(TRANSACTION, answer.transaction), u8(answer.outcome));
	const count = answer.header.readUInt32BE(8 + 32 + 8 + 32 * 5 + 8);
	const root = rootOfPath(leaf, answer.index, count, answer.path);
	ok(root && root.equals(answer.header.subarray(80, 112)), "and its path leads to the header's root");
	const state = await call(client, "State", { channel, key: Buffer.from("kkv\0from-javascript") });
	ok(!state.error && state.answer.present && state.answer.value.toString() === "hello" && state.answer.proof.length > 0,
		"State gives the value with a proof", state.error || JSON.stringify(state.answer));
	const query = await call(client, "Query", { channel, contract: "kv", function: "get", arguments: [Buffer.from("from-javascript")] });
	ok(!query.error && query.answer.result.toString() === "hello", "Query asks the contract", query.error);
}

function stream(client, made) {
	return new Promise((resolve) => {
		const blocks = client.Blocks({ channel, from: 0 });
		let previous = null, linked = true, found = false, cancelled = false;
		blocks.on("data", (message) => {
			const header = message.block.subarray(0, 228);
			linked = linked && (!previous || header.subarray(48, 80).equals(previous));
			previous = hash(HEADER, header);
			found = found || message.block.includes(made.transaction);
			if (found && message.number >= made.block) { cancelled = true; blocks.cancel(); }
		});
		blocks.on("error", (error) => {
			ok(error.code === grpc.status.CANCELLED, "a stream can be cancelled", error);
			ok(linked, "streamed blocks name each other's hashes");
			ok(found, "and hold the transaction");
			resolve();
		});
		blocks.on("end", () => { if (cancelled) return; ok(false, "the stream goes on until it is cancelled"); resolve(); });
		setTimeout(() => blocks.cancel(), 10000).unref();
	});
}

function submitStream(client, endorser1, endorser2) {
	return new Promise(async (resolve) => {
		const made = [];
		for (let i = 0; i < 20; i++) {
			const proposal = propose("kv", "put", [`stream${i}`, `${i}`]);
			const endorsed = [];
			for (const one of [endorser1, endorser2])
				endorsed.push((await call(one, "Endorse", { proposal: proposal.bytes, client_signature: proposal.signature })).answer);
			made.push(invoke(proposal, endorsed));
		}
		const calls = client.SubmitStream();
		const seen = new Map();
		calls.on("data", (message) => message.results.forEach((result) => seen.set(result.number, result)));
		calls.on("error", (error) => { ok(false, "SubmitStream ends well", error); resolve(); });
		calls.on("end", () => {
			ok(seen.size === 20 && [...seen.values()].every((result) => result.kind === "COMMITTED" || result.kind === 0),
				"SubmitStream answers for each of 20", JSON.stringify([...seen.values()]));
			resolve();
		});
		calls.write({ channel, first: 100, transactions: made.slice(0, 15) });
		calls.write({ channel, first: 115, transactions: made.slice(15) });
		calls.end();
	});
}

async function refused() {
	const nodes = world.nodes;
	const short = () => deadline(2500);
	const stranger = await call(connect(nodes[0], world.stranger), "Status", {}, short());
	ok(stranger.error && stranger.error.code !== grpc.status.OK, "a certificate of another authority is refused", stranger.error);
	const nobody = await call(connect(nodes[0], null), "Status", {}, short());
	ok(nobody.error && nobody.error.code !== grpc.status.OK, "no certificate is refused", nobody.error);
	const liar = new proto.voltgate.v1.Ledger(nodes[0].address, credentials(world.client, nodes[1].ca));
	const wrong = await call(liar, "Status", {}, short());
	ok(wrong.error && wrong.error.code === grpc.status.UNAVAILABLE, "and the client refuses a node of an authority it does not trust", wrong.error);
	const client = connect(nodes[0], world.client);
	const elsewhere = await call(client, "Submit", { channel: Buffer.alloc(32, 7), transaction: Buffer.from("x") });
	ok(elsewhere.error && elsewhere.error.code === grpc.status.PERMISSION_DENIED, "a channel that is not here", elsewhere.error);
	const junk = await call(client, "Submit", { channel, transaction: Buffer.from("not a transaction") });
	ok(junk.error && junk.error.code === grpc.status.FAILED_PRECONDITION && /malformed/.test(junk.error.details), "bytes that are no transaction", junk.error);
	const late = await call(client, "Status", {}, { deadline: Date.now() - 1 });
	ok(late.error && late.error.code === grpc.status.DEADLINE_EXCEEDED, "a deadline that has passed", late.error);
	client.close();
}

async function main() {
	ok(blake2b256(Buffer.from("abc")).toString("hex") === "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319", "BLAKE2b-256 of abc");
	const clients = world.nodes.map((node) => connect(node, world.client));
	const status = await call(clients[0], "Status", {});
	ok(!status.error && status.answer.channels.length === 1 && status.answer.channels[0].channel.equals(channel), "Status names the channel", status.error);
	const made = await unary(clients);
	await prove(clients[1], made);
	await stream(clients[3], made);
	await submitStream(clients[0], clients[1], clients[2]);
	await refused();
	clients.forEach((client) => client.close());
}

main().then(() => process.exit(0), (error) => { console.log(`not ok the client ran\n# ${error.stack}`); process.exit(1); });
