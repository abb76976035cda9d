// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {
    Capability,
    DatasetId,
    DatasetKind,
    DepartmentId,
    Periods,
    Reason,
    SharingClass
} from "../Types.sol";
import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {IEventHeads} from "../interfaces/IEventHeads.sol";

/// @dev The cheatcodes that these tests use.
interface IVm {
    struct CallGas {
        uint64 gasLimit;
        uint64 gasTotalUsed;
        uint64 gasMemoryUsed;
        int64 gasRefunded;
        uint64 gasRemaining;
    }

    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function accesses(
        address target
    ) external returns (bytes32[] memory reads, bytes32[] memory writes);
    function addr(uint256 key) external pure returns (address);
    function assertEq(bool left, bool right) external pure;
    function assertEq(uint256 left, uint256 right) external pure;
    function assertEq(address left, address right) external pure;
    function assertEq(bytes32 left, bytes32 right) external pure;
    function assertEq(bytes calldata left, bytes calldata right) external pure;
    function assertEq(
        string calldata left,
        string calldata right,
        string calldata message
    ) external pure;
    function assertLe(uint256 left, uint256 right, string calldata message) external pure;
    function assertTrue(bool condition, string calldata message) external pure;
    function assume(bool condition) external pure;
    function chainId(uint256 id) external;
    function deal(address account, uint256 wei_) external;
    function deployCode(
        string calldata artifact,
        bytes calldata arguments
    ) external returns (address);
    function etch(address target, bytes calldata code) external;
    function expectEmit(address emitter) external;
    function expectRevert(bytes calldata data) external;
    function getRecordedLogs() external returns (Log[] memory);
    function lastCallGas() external view returns (CallGas memory);
    function load(address target, bytes32 slot) external view returns (bytes32);
    function prank(address sender) external;
    function record() external;
    function recordLogs() external;
    function revertToState(uint256 snapshot) external returns (bool);
    function sign(
        uint256 key,
        bytes32 digest
    ) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function snapshotState() external returns (uint256);
    function startPrank(address sender) external;
    function stopPrank() external;
    function toString(uint256 value) external pure returns (string memory);
    function warp(uint256 time) external;
}

/// @dev The fixture of the three registries: an agency and three departments with an account of each role, in force,
/// with keys; "labour" owns dataset 1 with two versions.
abstract contract Registries {
    IVm internal constant VM = IVm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint40 internal constant START = 1_800_000_000;
    uint32 internal constant NOTICE = 1 hours;
    uint32 internal constant KEY_DELAY = 2 hours;
    uint32 internal constant MINIMUM = 60;

    DepartmentId internal constant AGENCY = DepartmentId.wrap(1);
    DepartmentId internal constant LABOUR = DepartmentId.wrap(2);
    DepartmentId internal constant HEALTH = DepartmentId.wrap(3);
    DepartmentId internal constant ENERGY = DepartmentId.wrap(4);
    DatasetId internal constant DATASET = DatasetId.wrap(1);

    address internal constant STRANGER = address(0xbad);

    IDepartmentRegistry internal departments;
    IDatasetRegistry internal datasets;
    IConsentRegistry internal consents;

    function setUp() public virtual {
        VM.warp(START);
        departments = deployDepartments(
            "agency",
            admin(AGENCY),
            NOTICE,
            KEY_DELAY,
            MINIMUM,
            periodsOf(1 days)
        );
        datasets = IDatasetRegistry(VM.deployCode("DatasetRegistry.sol", abi.encode(departments)));
        consents = IConsentRegistry(VM.deployCode("ConsentRegistry.sol", abi.encode(datasets)));
        staff(AGENCY);
        admitMember("labour", LABOUR);
        admitMember("health", HEALTH);
        admitMember("energy", ENERGY);
        VM.warp(START + NOTICE);
        staff(LABOUR);
        staff(HEALTH);
        staff(ENERGY);
        VM.prank(officer(LABOUR));
        datasets.register(
            "employment",
            DatasetKind.File,
            rules(SharingClass.Conditional, 1),
            digest("description")
        );
        publish(1);
        publish(2);
    }

    /// @dev By name, not by `new`: each test contract would be compiled with the code of all contracts in it.
    function deployDepartments(
        bytes32 code,
        address agencyAdmin,
        uint32 notice,
        uint32 keyDelay,
        uint32 minimum,
        Periods memory periods
    ) internal returns (IDepartmentRegistry) {
        bytes memory given = abi.encode(
            code,
            agencyAdmin,
            digest("agency card"),
            notice,
            keyDelay,
            minimum,
            periods
        );
        return IDepartmentRegistry(VM.deployCode("DepartmentRegistry.sol", given));
    }

    // ------------------------------------------------------------------ who
    function admin(DepartmentId department) internal pure returns (address) {
        return account(department, 1);
    }

    function officer(DepartmentId department) internal pure returns (address) {
        return account(department, 2);
    }

    function agent(DepartmentId department) internal pure returns (address) {
        return account(department, 3);
    }

    function account(DepartmentId department, uint32 role) internal pure returns (address) {
        return address(uint160(DepartmentId.unwrap(department) * 100 + role));
    }

    function staff(DepartmentId department) internal {
        VM.startPrank(admin(department));
        departments.addAccount(officer(department), Capability.OFFICER);
        departments.addAccount(agent(department), Capability.AGENT);
        departments.publishKey(1, publicKey(1));
        VM.stopPrank();
    }

    // ------------------------------------------------------------------ what
    function digest(string memory text) internal pure returns (bytes32) {
        // Not SHA-256: its precompiled contract would be the call that `prank` waits for.
        return keccak256(bytes(text));
    }

    function manifestOf(uint32 version) internal pure returns (bytes32) {
        return keccak256(abi.encode("manifest", version));
    }

    function why() internal pure returns (Reason memory) {
        return Reason({code: 7, digest: digest("reason")});
    }

    function rules(
        SharingClass sharing,
        uint8 approvals
    ) internal pure returns (IDatasetRegistry.Rules memory) {
        return
            IDatasetRegistry.Rules({
                sharing: sharing,
                approvals: approvals,
                agentMayPublish: false,
                consentNeeded: false
            });
    }

    function periodsOf(uint32 seconds_) internal pure returns (Periods memory) {
        return Periods(seconds_, seconds_ + 1, seconds_ + 2, seconds_ + 3, seconds_ + 4);
    }

    function publicKey(uint8 seed) internal pure returns (bytes memory key) {
        key = new bytes(1216);
        key[0] = bytes1(seed);
        key[1215] = 0xff;
    }

    // ------------------------------------------------------------------ steps
    function admitMember(bytes32 code, DepartmentId number) internal {
        VM.prank(officer(AGENCY));
        departments.admit(code, admin(number), digest("card"));
    }

    function publish(uint32 version) internal {
        VM.prank(officer(LABOUR));
        datasets.publishVersion(DATASET, version, manifestOf(version));
    }

    function suspendMember(DepartmentId department) internal {
        VM.prank(officer(AGENCY));
        departments.suspend(department, why());
    }

    /// @dev Announced now, in effect after the notice period.
    function resetAdmin(DepartmentId department, address newAdmin) internal {
        VM.prank(officer(AGENCY));
        departments.resetAdmin(department, newAdmin, why());
    }

    /// @dev Accepted now, in effect after the notice period.
    function handOver(DepartmentId successor) internal {
        VM.prank(officer(AGENCY));
        departments.proposeHandover(successor);
        VM.prank(officer(successor));
        departments.acceptHandover();
    }

    /// @dev Announced now, in effect after the notice period.
    function retireDeployment() internal {
        VM.prank(officer(AGENCY));
        departments.retire(digest("successor"));
    }

    // ------------------------------------------------------------------ heads
    /// @dev Checks that a dataset's head was extended by one event: `encoded` are its fields, in their order.
    function checkDatasetHead(
        IEventHeads log,
        DatasetId dataset,
        bytes32 before,
        bytes32 topic0,
        bytes memory encoded
    ) internal view {
        bytes32 head = log.datasetHead(dataset);
        VM.assertEq(head, extended(before, topic0, encoded));
        VM.assertEq(head, VM.load(address(log), keccak256(abi.encode(dataset, uint256(0)))));
    }

    function checkMemberHead(
        DepartmentId member,
        bytes32 before,
        bytes32 topic0,
        bytes memory encoded
    ) internal view {
        checkMemberHead(departments, member, extended(before, topic0, encoded));
    }

    function checkMemberHead(IEventHeads log, DepartmentId member, bytes32 expected) internal view {
        bytes32 head = log.memberHead(member);
        VM.assertEq(head, expected);
        VM.assertEq(head, VM.load(address(log), keccak256(abi.encode(member, uint256(1)))));
    }

    /// @dev For static fields, `abi.encode` of all is the concatenation of the parts.
    function extended(
        bytes32 before,
        bytes32 topic0,
        bytes memory encoded
    ) internal view returns (bytes32) {
        return keccak256(bytes.concat(abi.encode(before, topic0, block.timestamp), encoded));
    }
}
