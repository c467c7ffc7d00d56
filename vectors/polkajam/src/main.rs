//! Writes telemetry messages with the encoder of PolkaJam's published crates, as JSON.
//!
//! Usage: `cargo run --release`, or with `--features protocol-0` for crates before 0.1.29.
//! README.md says which versions of the crates the committed files come from.

use bounded_collections::{BoundedVec, Get};
use codec::Encode;
use jam_std_common::telemetry::*;
use jam_std_common::{ed25519, AvailabilityStatement, ErasureRoot, PeerAddr, PeerDetails, PeerId, TicketId};
use jam_std_common::{AvailabilityBitfield, BoundedString, Truncated};
use jam_types::*;
use serde_json::{json, Value};

/// How the values of a vector are chosen.
#[derive(Clone)]
struct Case {
	octet: fn(u64) -> u8,
	/// Booleans, and whether options have a value.
	yes: bool,
	/// The index of enumerations; without one they take turns.
	index: Option<usize>,
	text: fn(usize) -> String,
	/// Elements of lists, and of lists within lists.
	elements: [usize; 2],
	counter: u64,
	depth: usize,
	/// What the message has inside: the cases that make sense depend on it.
	texts: bool,
	lists: bool,
	options: bool,
	variants: usize,
	longest: usize,
}

impl Case {
	fn new(octet: fn(u64) -> u8, yes: bool, index: Option<usize>, text: fn(usize) -> String, elements: [usize; 2]) -> Self {
		Self { octet, yes, index, text, elements, counter: 0, depth: 0, texts: false, lists: false, options: false, variants: 0, longest: 0 }
	}
	fn bytes<const N: usize>(&mut self) -> [u8; N] {
		core::array::from_fn(|_| {
			self.counter += 1;
			(self.octet)(self.counter)
		})
	}
	fn pick(&mut self, variants: usize) -> usize {
		self.variants = self.variants.max(variants);
		self.counter += 1;
		self.index.map_or(self.counter as usize % variants, |index| index.min(variants - 1))
	}
}

/// A type whose values can be made and shown; `show` appends the leaves in wire order.
trait Sample: Sized {
	fn sample(case: &mut Case) -> Self;
	fn show(&self, out: &mut Vec<Value>);
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

macro_rules! integers {
	($($t:ty)+) => { $(impl Sample for $t {
		fn sample(case: &mut Case) -> Self { Self::from_le_bytes(case.bytes()) }
		fn show(&self, out: &mut Vec<Value>) { out.push(json!(self)) }
	})+ };
}
integers! { u8 u16 u32 u64 }

macro_rules! wrapped_u64 {
	($($t:ident)+) => { $(impl Sample for $t {
		fn sample(case: &mut Case) -> Self { $t(u64::sample(case)) }
		fn show(&self, out: &mut Vec<Value>) { self.0.show(out) }
	})+ };
}
wrapped_u64! { Timestamp EventId }

macro_rules! hashes {
	($($t:ident)+) => { $(impl Sample for $t {
		fn sample(case: &mut Case) -> Self { $t(case.bytes()) }
		fn show(&self, out: &mut Vec<Value>) { out.push(json!(hex(&self.0))) }
	})+ };
}
hashes! { HeaderHash WorkPackageHash WorkReportHash SegmentTreeRoot ErasureRoot TicketId }

impl Sample for [u8; 32] {
	fn sample(case: &mut Case) -> Self { case.bytes() }
	fn show(&self, out: &mut Vec<Value>) { out.push(json!(hex(self))) }
}

impl Sample for [u8; 16] {
	fn sample(case: &mut Case) -> Self { case.bytes() }
	fn show(&self, out: &mut Vec<Value>) { out.push(json!(hex(self))) }
}

impl Sample for PeerId {
	fn sample(case: &mut Case) -> Self { PeerId(ed25519::Public::from(case.bytes::<32>())) }
	fn show(&self, out: &mut Vec<Value>) { out.push(json!(hex(self.0.as_bytes()))) }
}

impl Sample for bool {
	fn sample(case: &mut Case) -> Self { case.yes }
	fn show(&self, out: &mut Vec<Value>) { out.push(json!(self)) }
}

impl<T: Sample> Sample for Option<T> {
	fn sample(case: &mut Case) -> Self {
		case.options = true;
		case.yes.then(|| T::sample(case))
	}
	fn show(&self, out: &mut Vec<Value>) {
		match self { None => out.push(Value::Null), Some(value) => value.show(out) }
	}
}

impl<const N: u32> Sample for BoundedString<N> {
	fn sample(case: &mut Case) -> Self {
		case.texts = true;
		(case.text)(N as usize).truncated()
	}
	fn show(&self, out: &mut Vec<Value>) { out.push(json!(&**self)) }
}

impl<T: Sample, N: Get<u32>> Sample for BoundedVec<T, N> {
	fn sample(case: &mut Case) -> Self {
		case.lists = true;
		let wanted = case.elements[case.depth.min(1)];
		case.depth += 1;
		let count = wanted.min(N::get() as usize);
		case.longest = case.longest.max(N::get() as usize);
		let elements: Vec<T> = (0..count).map(|_| T::sample(case)).collect();
		case.depth -= 1;
		BoundedVec::truncate_from(elements)
	}
	fn show(&self, out: &mut Vec<Value>) { self.iter().for_each(|element| element.show(out)) }
}

impl<N: Get<u32>> Sample for FixedVec<u8, N> {
	fn sample(case: &mut Case) -> Self { FixedVec::from_fn(|_| u8::sample(case)) }
	fn show(&self, out: &mut Vec<Value>) { self.iter().for_each(|element| element.show(out)) }
}

impl<A: Sample, B: Sample> Sample for (A, B) {
	fn sample(case: &mut Case) -> Self { (A::sample(case), B::sample(case)) }
	fn show(&self, out: &mut Vec<Value>) { self.0.show(out); self.1.show(out) }
}

/// Cores are set by the crate's own `set`, so its bit order is in the bytes.
impl Sample for AvailabilityStatement {
	fn sample(case: &mut Case) -> Self {
		let anchor = HeaderHash::sample(case);
		let mut bitfield = AvailabilityBitfield::new();
		for core in 0..core_count() {
			let [byte] = case.bytes::<1>();
			if byte & 1 == 1 { bitfield.set(core) }
		}
		Self { anchor, bitfield }
	}
	fn show(&self, out: &mut Vec<Value>) {
		self.anchor.show(out);
		// The cores that are set, not the bytes: bit i of byte i / 8 is the claim to be checked.
		let cores: Vec<CoreIndex> = (0..core_count()).filter(|core| self.bitfield.get(*core)).collect();
		out.push(json!({ "cores": cores }));
	}
}

impl Sample for ImportSpec {
	fn sample(case: &mut Case) -> Self {
		let root = match case.pick(2) {
			0 => RootIdentifier::Direct(SegmentTreeRoot::sample(case)),
			_ => RootIdentifier::Indirect(WorkPackageHash::sample(case)),
		};
		Self { root, index: u16::sample(case) & 0x7fff }
	}
	fn show(&self, out: &mut Vec<Value>) {
		let bit = match &self.root {
			RootIdentifier::Direct(root) => { root.show(out); 0 }
			RootIdentifier::Indirect(hash) => { hash.show(out); 0x8000 }
		};
		out.push(json!(self.index | bit));
	}
}

impl Sample for ImportSegmentId {
	fn sample(case: &mut Case) -> Self {
		let index = u16::sample(case) & 0x7fff;
		if case.pick(2) == 0 { Self::Import(index) } else { Self::ProofPage(index) }
	}
	fn show(&self, out: &mut Vec<Value>) {
		out.push(json!(match self { Self::Import(index) => *index, Self::ProofPage(index) => index | 0x8000 }));
	}
}

macro_rules! enumerations {
	($($t:ident { $($variant:ident),+ })+) => { $(impl Sample for $t {
		fn sample(case: &mut Case) -> Self {
			let all = [$(Self::$variant),+];
			all[case.pick(all.len())]
		}
		fn show(&self, out: &mut Vec<Value>) { out.push(json!(*self as u8)) }
	})+ };
}
enumerations! {
	ConnectionSide { Local, Remote }
	BlockRequestDirection { AscendingExclusive, DescendingInclusive }
	GuaranteeDiscardReason { PackageReportedOnChain, Superseded, CannotReportOnChain, TooMany, Other }
	ReconstructionKind { NonTrivial, Trivial }
	AnnouncedPreimageForgetReason { ProvidedOnChain, NotRequestedOnChain, FailedToAcquire, TooMany, BadLength, Other }
	PreimageDiscardReason { ProvidedOnChain, NotRequestedOnChain, TooMany, Other }
}

macro_rules! structures {
	($($t:ident { $($field:ident),+ })+) => { $(impl Sample for $t {
		fn sample(case: &mut Case) -> Self { Self { $($field: Sample::sample(case)),+ } }
		fn show(&self, out: &mut Vec<Value>) { $(self.$field.show(out);)+ }
	})+ };
}
structures! {
	PeerAddr { ip, port }
	PeerDetails { id, addr }
	BlockOutline { size, hash, num_tickets, num_preimages, preimages_size, num_guarantees, num_assurances, num_dispute_verdicts }
	ExecCost { gas, ns }
	IsAuthorizedCost { total, load_ns, host_call }
	RefineHostCallCost { lookup, vm, mem, invoke, other }
	RefineCost { total, load_ns, host_call }
	AccumulateHostCallCost { state, lookup, preimage, service, transfer, transfer_dest_gas, other }
	AccumulateCost { num_calls, num_transfers, num_items, total, load_ns, host_call }
	WorkItemOutline { service, payload_size, refine_gas_limit, accumulate_gas_limit, extrinsic_size, imports, num_exports }
	WorkPackageOutline { size, hash, anchor, lookup_anchor_slot, prerequisites, items }
	WorkReportOutline { hash, bundle_size, erasure_root, exports_root }
	GuaranteeOutline { report_hash, slot, guarantors }
	NodeInfo { params, genesis, details, flags, impl_name, impl_version, gp_version, note }
}
#[cfg(not(feature = "protocol-0"))]
structures! { ProtocolParameters { deposit_per_item, deposit_per_byte, deposit_per_account, core_count, min_turnaround_period, epoch_period, max_accumulate_gas, max_is_authorized_gas, max_refine_gas, block_gas_limit, recent_block_count, max_work_items, max_dependencies, max_tickets_per_block, max_lookup_anchor_age, auth_window, slot_period_sec, auth_queue_len, rotation_period, max_extrinsics, availability_timeout, max_authorizer_code_size, max_input, max_service_code_size, max_imports, max_report_elective_data, transfer_memo_size, max_exports, epoch_tail_start } }
#[cfg(feature = "protocol-0")]
structures! { ProtocolParameters { deposit_per_item, deposit_per_byte, deposit_per_account, core_count, min_turnaround_period, epoch_period, max_accumulate_gas, max_is_authorized_gas, max_refine_gas, block_gas_limit, recent_block_count, max_work_items, max_dependencies, max_tickets_per_block, max_lookup_anchor_age, tickets_attempts_number, auth_window, slot_period_sec, auth_queue_len, rotation_period, max_extrinsics, availability_timeout, val_count, max_authorizer_code_size, max_input, max_service_code_size, basic_piece_len, max_imports, segment_piece_count, max_report_elective_data, transfer_memo_size, max_exports, epoch_tail_start } }

#[cfg(not(feature = "protocol-0"))]
const IMPLEMENTATION_VERSION: &str = "0.1.29";
#[cfg(not(feature = "protocol-0"))]
const GP_VERSION: &str = "0.8.0";
#[cfg(feature = "protocol-0")]
const IMPLEMENTATION_VERSION: &str = "0.1.28";
#[cfg(feature = "protocol-0")]
const GP_VERSION: &str = "0.7.2";

type Make = fn(&mut Case) -> (Event, Vec<Value>);

macro_rules! events {
	($($name:ident { $($field:ident),+ })+) => { [$((stringify!($name), |case: &mut Case| {
		let event = event::$name { $($field: Sample::sample(case)),+ };
		let mut values = vec![];
		$(event.$field.show(&mut values);)+
		(Event::$name(event), values)
	}),)+] };
}

const EVENTS: [(&str, Make); 114] = events! {
	Dropped { last_timestamp, num }
	Status { num_peers, num_val_peers, num_sync_peers, num_guarantees, num_shards, shards_size, num_preimages, preimages_size }
	BestBlockChanged { slot, hash }
	FinalizedBlockChanged { slot, hash }
	SyncStatusChanged { synced }
	ConnectionRefused { from }
	ConnectingIn { from }
	ConnectInFailed { connecting_id, reason }
	ConnectedIn { connecting_id, peer_id }
	ConnectingOut { to }
	ConnectOutFailed { connecting_id, reason }
	ConnectedOut { connecting_id }
	Disconnected { peer, terminator, reason }
	PeerMisbehaved { peer, reason }
	Authoring { slot, parent }
	AuthoringFailed { authoring_id, reason }
	Authored { authoring_id, outline }
	Importing { slot, outline }
	BlockVerificationFailed { importing_id, reason }
	BlockVerified { importing_id }
	BlockExecutionFailed { authoring_or_importing_id, reason }
	BlockExecuted { authoring_or_importing_id, accumulate_costs }
	BlockAnnouncementStreamOpened { peer, opener }
	BlockAnnounced { peer, announcer, slot, hash }
	SendingBlockRequest { recipient, hash, direction, max_blocks }
	ReceivingBlockRequest { sender }
	BlockRequestFailed { request_id, reason }
	BlockRequestSent { request_id }
	BlockRequestReceived { request_id, hash, direction, max_blocks }
	BlockTransferred { request_id, slot, outline, last }
	GeneratingTickets { epoch }
	TicketGenerationFailed { generating_id, reason }
	TicketsGenerated { generating_id, ids }
	TicketTransferFailed { peer, sender, from_proxy, reason }
	TicketTransferred { peer, sender, from_proxy, epoch, attempt, id }
	WorkPackageSubmission { builder, bundle }
	WorkPackageBeingShared { primary }
	WorkPackageFailed { submission_or_share_id, reason }
	DuplicateWorkPackage { submission_or_share_id, core, hash }
	WorkPackageReceived { submission_or_share_id, core, outline }
	Authorized { submission_or_share_id, cost }
	ExtrinsicDataReceived { submission_or_share_id }
	ImportsReceived { submission_or_share_id }
	SharingWorkPackage { submission_id, secondary }
	WorkPackageSharingFailed { submission_id, secondary, reason }
	BundleSent { submission_id, secondary }
	Refined { submission_or_share_id, costs }
	WorkReportBuilt { submission_or_share_id, outline }
	WorkReportSignatureSent { share_id }
	WorkReportSignatureReceived { submission_id, secondary }
	GuaranteeBuilt { submission_id, outline }
	SendingGuarantee { built_id, recipient }
	GuaranteeSendFailed { sending_id, reason }
	GuaranteeSent { sending_id }
	GuaranteesDistributed { submission_id }
	ReceivingGuarantee { sender }
	GuaranteeReceiveFailed { receiving_id, reason }
	GuaranteeReceived { receiving_id, outline }
	GuaranteeDiscarded { outline, reason }
	SendingShardRequest { guarantor, erasure_root, shard }
	ReceivingShardRequest { assurer }
	ShardRequestFailed { request_id, reason }
	ShardRequestSent { request_id }
	ShardRequestReceived { request_id, erasure_root, shard }
	ShardsTransferred { request_id }
	DistributingAssurance { statement }
	AssuranceSendFailed { distributing_id, recipient, reason }
	AssuranceSent { distributing_id, recipient }
	AssuranceDistributed { distributing_id }
	AssuranceReceiveFailed { sender, reason }
	AssuranceReceived { sender, anchor }
	SendingBundleShardRequest { audit_id, assurer, shard }
	ReceivingBundleShardRequest { auditor }
	BundleShardRequestFailed { request_id, reason }
	BundleShardRequestSent { request_id }
	BundleShardRequestReceived { request_id, erasure_root, shard }
	BundleShardTransferred { request_id }
	ReconstructingBundle { audit_id, kind }
	BundleReconstructed { audit_id }
	SendingBundleRequest { audit_id, guarantor }
	ReceivingBundleRequest { auditor }
	BundleRequestFailed { request_id, reason }
	BundleRequestSent { request_id }
	BundleRequestReceived { request_id, erasure_root }
	BundleTransferred { request_id }
	WorkPackageHashMapped { submission_id, work_package_hash, segments_root }
	SegmentsRootMapped { submission_id, segments_root, erasure_root }
	SendingSegmentShardRequest { submission_id, assurer, proofs, shards }
	ReceivingSegmentShardRequest { sender, proofs }
	SegmentShardRequestFailed { request_id, reason }
	SegmentShardRequestSent { request_id }
	SegmentShardRequestReceived { request_id, num }
	SegmentShardsTransferred { request_id }
	ReconstructingSegments { submission_id, segments, kind }
	SegmentReconstructionFailed { reconstructing_id, reason }
	SegmentsReconstructed { reconstructing_id }
	SegmentVerificationFailed { submission_id, segments, reason }
	SegmentsVerified { submission_id, segments }
	SendingSegmentRequest { submission_id, prev_guarantor, segments }
	ReceivingSegmentRequest { guarantor }
	SegmentRequestFailed { request_id, reason }
	SegmentRequestSent { request_id }
	SegmentRequestReceived { request_id, num }
	SegmentsTransferred { request_id }
	PreimageAnnouncementFailed { peer, announcer, reason }
	PreimageAnnounced { peer, announcer, service, hash, length }
	AnnouncedPreimageForgotten { service, hash, length, reason }
	SendingPreimageRequest { recipient, hash }
	ReceivingPreimageRequest { sender }
	PreimageRequestFailed { request_id, reason }
	PreimageRequestSent { request_id }
	PreimageRequestReceived { request_id, hash }
	PreimageTransferred { request_id, length }
	PreimageDiscarded { hash, length, reason }
};
#[cfg(not(feature = "protocol-0"))]
const EVENT_61: [(&str, Make); 1] = events! { BlockAnnouncementStreamClosed { opened_id, closer, reason } };
#[cfg(feature = "protocol-0")]
const EVENT_61: [(&str, Make); 1] = events! { BlockAnnouncementStreamClosed { peer, closer, reason } };

fn zero(_: u64) -> u8 { 0 }
fn ones(_: u64) -> u8 { 255 }
fn count(counter: u64) -> u8 { (counter % 251) as u8 }
fn empty(_: usize) -> String { String::new() }
fn full(limit: usize) -> String { "x".repeat(limit) }
fn words(_: usize) -> String { "naïve €".into() }
fn of_bytes(length: usize) -> String { "€".repeat(length / 3) + &"x".repeat(length % 3) }
fn text_127(limit: usize) -> String { of_bytes(limit.min(127)) }
fn text_128(limit: usize) -> String { of_bytes(limit.min(128)) }
/// Longer than allowed: the crate cuts it between characters and appends dots.
fn too_long(limit: usize) -> String { "𝄞".repeat(limit) }

fn cases(make: &dyn Fn(&mut Case)) -> Vec<(String, Case)> {
	let distinct = |elements| Case::new(count, true, None, words, elements);
	let mut probe = distinct([1, 1]);
	make(&mut probe);
	let mut cases = vec![
		("smallest".to_string(), Case::new(zero, false, Some(0), empty, [0, 0])),
		("distinct".into(), distinct([2, 2])),
		("largest".into(), Case::new(ones, true, Some(usize::MAX), full, [2, 2])),
	];
	if probe.texts {
		for (name, text) in [("text of 127 bytes", text_127 as fn(usize) -> String), ("text of 128 bytes", text_128), ("text cut", too_long)] {
			cases.push((name.into(), Case { text, ..distinct([2, 2]) }));
		}
	}
	if probe.options {
		cases.push(("option absent".into(), Case { yes: false, ..distinct([2, 2]) }));
	}
	for index in 0..probe.variants {
		cases.push((format!("enumeration at {index}"), Case { index: Some(index), ..distinct([2, 2]) }));
	}
	if probe.lists {
		for elements in [3, 127, 128].into_iter().filter(|elements| *elements < probe.longest) {
			cases.push((format!("{elements} elements"), distinct([elements, 1])));
		}
		cases.push(("longest".into(), distinct([probe.longest, 192])));
	}
	cases
}

fn framed(content: &[u8]) -> String {
	hex(&(content.len() as u32).to_le_bytes()) + &hex(content)
}

fn print(description: String, kind: &str, content: &[u8], expected: Value) {
	let vector = json!({
		"description": description, "kind": kind, "protocol_version": PROTOCOL_VERSION,
		"cores": core_count(), "framed": true, "conformant": true, "hex": framed(content),
		"expected": expected,
	});
	println!("{vector}");
}

fn event_vectors(only_by_core: bool) {
	for (name, make) in EVENTS.iter().chain(&EVENT_61) {
		if only_by_core && !["Status", "DistributingAssurance"].contains(name) {
			continue;
		}
		for (case_name, mut case) in cases(&|case| drop(make(case))) {
			let timestamp = match &*case_name { "smallest" => 0, "largest" => u64::MAX, _ => 0x0102030405060708 };
			let (event, values) = make(&mut case);
			let content = TimestampedEvent { timestamp: Timestamp(timestamp), event }.encode();
			let expected = json!({ "timestamp_us": timestamp, "discriminator": content[8], "event": name, "values": values });
			print(format!("{name} / {case_name} / {} cores", core_count()), "event", &content, expected);
		}
	}
}

fn node_vectors() {
	for (case_name, mut case) in cases(&|case| drop(NodeInfo::sample(case))) {
		let mut information = NodeInfo::sample(&mut case);
		// JIP-3's lists by core have as many elements as the parameters say.
		information.params = ProtocolParameters { core_count: core_count(), ..information.params };
		let mut values = vec![];
		information.show(&mut values);
		// The version byte before the structure is JIP-3's, not the crate's.
		let content = [vec![PROTOCOL_VERSION], information.encode()].concat();
		print(format!("NodeInfo / {case_name} / {} cores", core_count()), "node_info", &content, json!({ "values": values }));
	}
	for (name, params) in [("tiny", ProtocolParameters::tiny()), ("full", ProtocolParameters::full())] {
		let information = NodeInfo {
			params,
			genesis: HeaderHash([0x22; 32]),
			details: PeerDetails { id: PeerId(ed25519::Public::from([0x33; 32])), addr: "127.0.0.1:40000".parse().unwrap() },
			flags: NODE_USES_PVM_RECOMPILER,
			impl_name: "PolkaJam".truncated(),
			impl_version: IMPLEMENTATION_VERSION.truncated(),
			gp_version: GP_VERSION.truncated(),
			note: "".truncated(),
		};
		let mut values = vec![];
		information.show(&mut values);
		let content = [vec![PROTOCOL_VERSION], information.encode()].concat();
		print(format!("NodeInfo / {name} network"), "node_info", &content, json!({ "values": values }));
	}
}

fn main() {
	ProtocolParameters::tiny().apply().expect("parameters of the crate");
	node_vectors();
	event_vectors(false);
	ProtocolParameters::full().apply().expect("parameters of the crate");
	event_vectors(true);
}
