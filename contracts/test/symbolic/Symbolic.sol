// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Capability, DatasetId, DepartmentId, Periods, Reason} from "../../Types.sol";
import {IAccessGrants} from "../../interfaces/IAccessGrants.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../../interfaces/ITransferLog.sol";
import {Oracle} from "./Oracle.sol";

/// @dev The cheatcodes of halmos that the properties use.
interface ISymbolicCheats {
    function assume(bool condition) external pure;
    function createUint(uint256 bits, string calldata name) external pure returns (uint256);
    function enableSymbolicStorage(address target) external;
    function etch(address target, bytes calldata code) external;
    function getCode(string calldata artifact) external view returns (bytes memory);
    function prank(address sender) external;
    function warp(uint256 time) external;
}

/// @dev The five contracts, whose storage holds anything at all: what is shown holds from every state, also from those
/// that no calls lead to. Block time is any in 136 years.
abstract contract Symbolic {
    ISymbolicCheats internal constant VM = ISymbolicCheats(
        address(uint160(uint256(keccak256("hevm cheat code"))))
    );
    ISymbolicCheats internal constant SVM = ISymbolicCheats(
        address(0xF3993A62377BCd56AE39D773740A5390411E8BC9)
    );

    /// @dev As in the profile of foundry.toml.
    string private constant OUT = "build/symbolic/out/";

    uint8 internal constant DELIVERERS = Capability.OFFICER | Capability.AGENT;

    uint256 internal constant START = 1_800_000_000;

    uint256 private _places = 0x1000;
    uint256 internal time;
    IDepartmentRegistry internal departments;
    IDatasetRegistry internal datasets;
    IConsentRegistry internal consents;
    IAccessGrants internal grants;
    ITransferLog internal transfers;

    function setUp() public {
        VM.warp(START);
        Periods memory periods = Periods(60, 60, 60, 60, 60);
        departments = IDepartmentRegistry(
            anyStateOf(
                "DepartmentRegistry",
                abi.encode(bytes32("agency"), address(1), bytes32("card"), 3600, 7200, 60, periods)
            )
        );
        datasets = IDatasetRegistry(anyStateOf("DatasetRegistry", abi.encode(departments)));
        consents = IConsentRegistry(anyStateOf("ConsentRegistry", abi.encode(datasets)));
        grants = IAccessGrants(anyStateOf("AccessGrants", abi.encode(consents)));
        transfers = ITransferLog(anyStateOf("TransferLog", abi.encode(grants)));
        time = START + SVM.createUint(32, "time");
        VM.warp(time);
    }

    /// @dev The contract's code at an address where no constructor has written anything.
    function anyStateOf(
        string memory name,
        bytes memory arguments
    ) private returns (address placed) {
        string memory path = string.concat(OUT, name, ".sol/", name, ".json");
        bytes memory code = bytes.concat(VM.getCode(path), arguments);
        address deployed;
        // By name, as in the other tests: halmos has no `deployCode`.
        // solhint-disable-next-line no-inline-assembly
        assembly {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        placed = address(uint160(++_places));
        VM.etch(placed, deployed.code);
        SVM.enableSymbolicStorage(placed);
    }

    /// @dev For calls with so many paths through several contracts that they are gone through one contract at a time.
    function answersAnything(address asked) internal {
        VM.etch(asked, type(Oracle).runtimeCode);
    }

    /// @dev Leaves of the other contracts what they answer to {TransferLog}.
    function onlyMembersAreKnown() internal {
        answersAnything(address(datasets));
        answersAnything(address(consents));
        answersAnything(address(grants));
    }

    function why() internal pure returns (Reason memory) {
        return Reason({code: 7, digest: bytes32("reason")});
    }

    // ------------------------------------------------------------------ calls
    /// @dev Called where a call succeeded; `entitled`: whether it should have been able to.
    function allows(bool entitled) internal pure virtual;

    function calls(address by, address target, bytes memory data) internal returns (bool success) {
        VM.prank(by);
        // solhint-disable-next-line avoid-low-level-calls
        (success, ) = target.call(data);
    }

    /// @dev Before a call: what it may do is known, and need not be gone through to its end.
    function leavesOut(bool entitled) internal pure virtual;

    /// @dev `entitled` was found before the call.
    function may(bool entitled, address by, address target, bytes memory data) internal {
        leavesOut(entitled);
        if (calls(by, target, data)) allows(entitled);
    }

    // ------------------------------------------------------------------ what the storage says
    function isOfAgency(address by) internal view returns (bool) {
        (DepartmentId own, uint8 held) = departments.accountOf(by);
        return own == departments.agency() && held & Capability.OFFICER != 0;
    }

    /// @dev Whether `by` holds one of `capabilities` in `department`, and neither is suspended or still to come.
    function holds(
        address by,
        DepartmentId department,
        uint8 capabilities
    ) internal view returns (bool) {
        return holdsOne(by, capabilities) && isOf(by, department);
    }

    /// @dev As {holds}, in whichever department.
    function holdsOne(address by, uint8 capabilities) internal view returns (bool) {
        (DepartmentId own, uint8 held) = departments.accountOf(by);
        if (held & capabilities == 0) return false;
        try departments.authorize(by, capabilities) returns (DepartmentId found) {
            return found == own;
        } catch {
            return false;
        }
    }

    /// @dev As {holds}, also where the department is suspended.
    function holdsEvenSuspended(
        address by,
        DepartmentId department,
        uint8 capabilities
    ) internal view returns (bool) {
        (, uint8 held) = departments.accountOf(by);
        if (held & capabilities == 0 || !isOf(by, department)) return false;
        try departments.authorizeSuspended(by, capabilities) returns (DepartmentId found) {
            return found == department;
        } catch {
            return false;
        }
    }

    function isOf(address by, DepartmentId department) internal view returns (bool) {
        (DepartmentId own, ) = departments.accountOf(by);
        return own == department;
    }

    /// @dev Reverts, which leaves a state out, where there is no such dataset or its kind is none.
    function isOwners(
        address by,
        DatasetId dataset,
        uint8 capabilities
    ) internal view returns (bool) {
        return holds(by, datasets.datasetOf(dataset).owner, capabilities);
    }
}

/// @dev Every property holds.
abstract contract Check is Symbolic {
    function allows(bool entitled) internal pure override {
        assert(entitled);
    }

    function leavesOut(bool entitled) internal pure override {
        VM.assume(!entitled);
    }
}

/// @dev Each property has to fail: then some state lets the call succeed, and {Check} says something.
abstract contract Reach is Symbolic {
    function allows(bool) internal pure override {
        assert(false);
    }

    // solhint-disable-next-line no-empty-blocks
    function leavesOut(bool) internal pure override {}
}
