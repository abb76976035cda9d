// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DepartmentId, GrantId, TransferId} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Registries} from "./Registries.sol";

/// @dev The fixture of all contracts: "health" has been granted dataset 1 (grant 1).
abstract contract Base is Registries {
    GrantId internal constant GRANT = GrantId.wrap(1);
    TransferId internal constant TRANSFER = TransferId.wrap(1);

    IAccessGrants internal grants;
    ITransferLog internal transfers;

    function setUp() public virtual override {
        super.setUp();
        grants = IAccessGrants(VM.deployCode("AccessGrants.sol", abi.encode(consents)));
        transfers = ITransferLog(VM.deployCode("TransferLog.sol", abi.encode(grants)));
        ask(HEALTH);
        VM.prank(officer(LABOUR));
        grants.approve(GRANT, digest("terms"));
    }

    // ------------------------------------------------------------------ what
    function terms() internal pure returns (IAccessGrants.Terms memory) {
        return
            IAccessGrants.Terms({
                digest: digest("terms"),
                purpose: 3,
                allFields: true,
                onwardUse: false,
                validUntil: START + 365 days
            });
    }

    // ------------------------------------------------------------------ the main job's steps
    function ask(DepartmentId requester) internal returns (GrantId) {
        VM.prank(officer(requester));
        return grants.request(DATASET, terms());
    }

    function open() internal returns (TransferId) {
        VM.prank(agent(HEALTH));
        return transfers.open(DATASET, 1, GRANT);
    }

    function release(TransferId transfer) internal {
        VM.prank(agent(LABOUR));
        transfers.release(transfer, manifestOf(1), 1, digest("wrap"));
    }

    function acknowledge(TransferId transfer) internal {
        VM.prank(agent(HEALTH));
        transfers.acknowledge(transfer, manifestOf(1), digest("tag"));
    }

    function dispute(TransferId transfer) internal {
        VM.prank(agent(HEALTH));
        transfers.dispute(transfer, why());
    }
}
