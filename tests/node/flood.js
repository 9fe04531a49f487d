// SPDX-License-Identifier: GPL-2.0
// Floods a node as fast as it takes it, with npm's gRPC: a client's transactions, or a member node's parcels.
//   node flood.js PROTO WORLD.json SECONDS submit|parcels     prints how many it sent
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [, , path, worldPath, seconds, what] = process.argv;
const world = JSON.parse(fs.readFileSync(worldPath));
const proto = grpc.loadPackageDefinition(loader.loadSync(path, { keepCase: true, longs: Number, defaults: true })).voltgate.v1;
const channel = Buffer.from(world.channel, "hex");
const credentials = grpc.credentials.createSsl(fs.readFileSync(world.ca), fs.readFileSync(world.key), fs.readFileSync(world.certificate));
const end = Date.now() + 1000 * seconds;
let sent = 0;

function open(client) { // an open request: kind 1, client, nonce, payload
	const bytes = Buffer.alloc(1 + 32 + 8 + 4 + 100);
	bytes[0] = 1;
	crypto.randomFillSync(bytes, 1, 32);
	bytes.writeBigUInt64BE(BigInt(Date.now()), 33);
	bytes.writeUInt32BE(100, 41);
	return bytes;
}

const junk = [
	() => crypto.randomBytes(1000), // of any kind
	() => Buffer.concat([Buffer.from([1]), crypto.randomBytes(120)]), // a message that is none
	() => Buffer.concat([Buffer.from([6]), Buffer.alloc(8), Buffer.from([0, 0, 255, 255])]), // blocks wanted, all of them
	() => Buffer.concat([Buffer.from([9]), Buffer.alloc(4)]), // a snapshot wanted
	() => Buffer.concat([Buffer.from([3, 0, 0, 0, 1, 0, 0, 0, 145]), open()]), // a transaction
];

const service = what === "submit" ? new proto.Ledger(world.address, credentials) : new proto.Peer(world.address, credentials);
const call = what === "submit" ? service.SubmitStream() : service.Exchange(() => {});
call.on("data", () => {});
call.on("error", () => {});

function pour() {
	while (Date.now() < end) {
		const parts = [];
		for (let i = 0; i < 50; i++) parts.push(what === "submit" ? open() : junk[(sent + i) % junk.length]());
		sent += parts.length;
		const room = call.write(what === "submit" ? { channel, first: sent, transactions: parts } : { channel, parcels: parts });
		if (!room) {
			call.once("drain", pour);
			return;
		}
	}
}

pour();
setInterval(() => {
	if (Date.now() < end) return;
	console.log(sent);
	process.exit(0);
}, 100);
