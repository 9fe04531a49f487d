// SPDX-License-Identifier: GPL-2.0
// A stock gRPC client (npm's @grpc/grpc-js) against agent/net's server, and a stock server for our client.
// KTAP lines without numbers; grpc_js.py numbers them.
//
//   node grpc_js.js client PROTO FOLDER PORT
//   node grpc_js.js server PROTO FOLDER          says "port N", ends with its standard input
"use strict";
const fs = require("fs");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [, , role, protoPath, folder, port] = process.argv;
const proto = grpc.loadPackageDefinition(loader.loadSync(protoPath, { keepCase: true, longs: Number, defaults: true }));
const read = (name) => fs.readFileSync(`${folder}/${name}`);
const ok = (passed, text, why) => {
	console.log(`${passed ? "ok" : "not ok"} ${text}`);
	if (!passed && why !== undefined) console.log(`# ${why}`);
};
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function connect(name, options = {}) {
	const credentials = name ? grpc.credentials.createSsl(read("ca.crt"), read(`${name}.key`), read(`${name}.crt`))
		: grpc.credentials.createSsl(read("ca.crt"));
	return new proto.voltgate.v1.Ledger(`localhost:${port}`, credentials,
		{ "grpc.max_receive_message_length": 32 << 20, "grpc.max_send_message_length": 32 << 20, ...options });
}

// Query's answer is the request's bytes: QueryRequest.channel (1) comes back as QueryResponse.result (1).
const query = (client, bytes, options = {}) => new Promise((done) =>
	client.Query({ channel: bytes }, new grpc.Metadata(), { deadline: Date.now() + 20000, ...options },
		(error, answer) => done({ error, answer })));

async function unary(client) {
	let { error, answer } = await query(client, Buffer.from("hello"));
	ok(!error && answer.result.toString() === "hello", "unary", error);
	const long = Buffer.alloc((16 << 20) - 16, 7);
	({ error, answer } = await query(client, long));
	ok(!error && answer.result.equals(long), "a message of 16 MiB", error);
	({ error } = await query(client, Buffer.alloc(16 << 20)));
	ok(error && error.code === grpc.status.RESOURCE_EXHAUSTED, "a longer one is RESOURCE_EXHAUSTED", error);
	const many = await Promise.all(Array.from({ length: 300 }, (_, i) => query(client, Buffer.from(`n${i}`))));
	ok(many.every(({ answer }, i) => answer && answer.result.toString() === `n${i}`), "300 calls at once");
	const metadata = new grpc.Metadata();
	metadata.set("x-meter", "42");
	metadata.set("x-meter-bin", Buffer.from([0, 1, 2]));
	const sent = await new Promise((done) => client.Query({ channel: Buffer.from("m") }, metadata, (error) => done(error)));
	ok(!sent, "metadata of the caller's is carried", sent);
	const huge = new grpc.Metadata();
	huge.set("x-huge", "x".repeat(20000));
	const refused = await new Promise((done) => client.Query({ channel: Buffer.from("m") }, huge, (error) => done(error)));
	ok(refused !== null, "metadata over 16 KiB is refused");
	const after = await query(client, Buffer.from("after"));
	ok(!after.error, "and the connection goes on", after.error);
}

async function refusals(client) {
	const endorse = await new Promise((done) => client.Endorse({}, (error) => done(error)));
	ok(endorse.code === grpc.status.FAILED_PRECONDITION && endorse.details === "100 %41 wrong: Zähler\n",
		"a status with a text that needs percent-encoding", JSON.stringify(endorse.details));
	const missing = await new Promise((done) => client.Events({}).on("error", done).on("data", () => {}));
	ok(missing.code === grpc.status.UNIMPLEMENTED, "a method that is not there", missing);
	const late = await new Promise((done) => client.Status({}, { deadline: Date.now() + 200 }, (error) => done(error)));
	ok(late.code === grpc.status.DEADLINE_EXCEEDED, "a deadline", late);
}

async function streams(client) {
	let count = 0, bytes = 0;
	let status = await new Promise((done) => client.Blocks({ from: 3, to: 500 })
		.on("data", (block) => { count++; bytes += block.block.length; }).on("error", () => {}).on("status", done));
	ok(status.code === 0 && count === 500 && bytes === 500 * 3072, "a server's stream of 500 messages", `${count} ${bytes}`);

	const endless = client.Blocks({ from: 64, to: 0 });
	const cancelled = await new Promise((done) => endless.once("data", () => endless.cancel()).on("error", done));
	ok(cancelled.code === grpc.status.CANCELLED, "cancelling a stream without end", cancelled);

	count = 0;
	const slow = client.Blocks({ from: 64, to: 400 });
	status = await new Promise((done) => {
		slow.on("data", () => {
			if (++count === 2) {
				slow.pause();
				sleep(500).then(() => slow.resume());
			}
		}).on("error", () => {}).on("status", done);
	});
	ok(status.code === 0 && count === 400, "a slow consumer gets all 25 MiB", `${count}`);

	const both = client.SubmitStream();
	count = 0;
	const ended = new Promise((done) => both.on("data", () => count++).on("error", done).on("status", done));
	for (let i = 0; i < 1000; i++) both.write({ first: i, transactions: [Buffer.alloc(i)] });
	both.end();
	status = await ended;
	ok(status.code === 0 && count === 1000, "1,000 messages both ways", `${status.code} ${count}`);
}

// What a handshake with a wrong certificate comes to.
async function refusedTls(name, text, options) {
	const client = connect(name, options);
	const { error } = await query(client, Buffer.from("x"), { deadline: Date.now() + 5000 });
	ok(error && error.code === grpc.status.UNAVAILABLE, `refused: ${text}`, error);
	client.close();
}

async function asClient() {
	const client = connect("good");
	await unary(client);
	await refusals(client);
	await streams(client);
	client.close();
	await refusedTls("stranger", "a certificate of another authority");
	await refusedTls("expired", "an expired certificate");
	await refusedTls("revoked", "a revoked key");
	await refusedTls(null, "no certificate");
	const again = connect("good");
	const { error } = await query(again, Buffer.from("x"));
	ok(!error, "the right certificate is still served after those", error);
	again.close();
}

function asServer() {
	const server = new grpc.Server();
	server.addService(proto.voltgate.v1.Ledger.service, {
		Query: (call, done) => done(null, { result: Buffer.alloc(call.request.contract.length, 1) }),
		Blocks: (call) => {
			for (let i = 1; i <= call.request.to; i++) call.write({ number: i, block: Buffer.alloc(call.request.from * 1024) });
			call.end();
		},
		Endorse: (call, done) => done({ code: grpc.status.FAILED_PRECONDITION, details: "100 %41 wrong: Zähler" }),
		Status: () => {},
	});
	const credentials = grpc.ServerCredentials.createSsl(read("ca.crt"),
		[{ cert_chain: read("good.crt"), private_key: read("good.key") }], true);
	server.bindAsync("127.0.0.1:0", credentials, (error, bound) => {
		if (error) throw error;
		console.log(`port ${bound}`);
	});
	process.stdin.on("end", () => process.exit(0)).resume();
}

if (role === "client") asClient().catch((error) => ok(false, "the script runs to its end", error.stack));
else asServer();
