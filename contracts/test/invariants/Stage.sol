// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Periods, Reason} from "../../Types.sol";
import {IAccessGrants} from "../../interfaces/IAccessGrants.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../../interfaces/ITransferLog.sol";
import {CHEATS} from "./Cheats.sol";

/// @dev A rule of the protocol that is checked at every call that succeeds.
enum Rule {
    Authority,
    SuspendedIsIdle,
    EveryChangeIsTold,
    Numbers,
    OneDepartment,
    Notice,
    Minimum,
    GrantSteps,
    TermsNamed,
    OwnersDecide,
    TwoOfficers,
    OffersFit,
    RetiredOpensNothing,
    HeldWhenOpened,
    RefusalsAreTrue,
    HeldWhenReleased,
    ServableWhenReleased,
    RightManifest,
    CurrentKey,
    ConsentInForce,
    GoodStanding,
    TransferSteps,
    AcknowledgedOnce,
    OneCure,
    Tags,
    ConsentsEnd,
    Lineage,
    Recalls
}

/// @dev The five contracts, time, and who breaks a rule.
abstract contract Stage {
    uint40 internal constant START = 1_800_000_000;
    uint32 internal constant NOTICE = 1 hours;
    uint32 internal constant KEY_DELAY = 2 hours;
    uint32 internal constant MINIMUM = 60;

    uint32 internal constant AGENCY = 1;
    address internal constant STRANGER = address(0xbad);

    IDepartmentRegistry public departments;
    IDatasetRegistry public datasets;
    IConsentRegistry public consents;
    IAccessGrants public grants;
    ITransferLog public transfers;

    /// @dev Block time. The compiler may take `block.timestamp` for a constant of the call, which warping breaks.
    uint40 internal time = START;

    /// @dev Who made the call whose events are being read.
    address internal caller;

    /// @notice How often a rule was broken.
    mapping(Rule rule => uint256) public broken;

    constructor() {
        CHEATS.warp(START);
        CHEATS.recordLogs();
        departments = IDepartmentRegistry(
            CHEATS.deployCode(
                "DepartmentRegistry.sol",
                abi.encode(
                    bytes32("agency"),
                    account(AGENCY, 1),
                    digest(1),
                    NOTICE,
                    KEY_DELAY,
                    MINIMUM,
                    initialPeriods()
                )
            )
        );
        datasets = IDatasetRegistry(
            CHEATS.deployCode("DatasetRegistry.sol", abi.encode(departments))
        );
        consents = IConsentRegistry(CHEATS.deployCode("ConsentRegistry.sol", abi.encode(datasets)));
        grants = IAccessGrants(CHEATS.deployCode("AccessGrants.sol", abi.encode(consents)));
        transfers = ITransferLog(CHEATS.deployCode("TransferLog.sol", abi.encode(grants)));
    }

    function must(bool kept, Rule rule) internal {
        if (!kept) ++broken[rule];
    }

    function pass(uint256 seconds_) internal {
        time += uint40(seconds_);
        CHEATS.warp(time);
    }

    /// @dev `role` 1: ADMIN, 2 and 4: OFFICER, 3: AGENT, 5: all but OFFICER, 6: all but ADMIN; more: nobody at first.
    function account(uint32 department, uint256 role) internal pure returns (address) {
        return address(uint160(department * 100 + role));
    }

    function digest(uint256 number) internal pure returns (bytes32) {
        return keccak256(abi.encode(number));
    }

    function why() internal pure returns (Reason memory) {
        return Reason({code: 7, digest: digest(7)});
    }

    function initialPeriods() internal pure returns (Periods memory) {
        return Periods(2 hours, 3 hours, 1 hours, 5 hours, 6 hours);
    }
}
