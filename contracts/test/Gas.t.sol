// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, avoid-low-level-calls

import {GrantId, TransferId} from "../Types.sol";
import {Base} from "./Base.sol";

/// @dev What the main job costs: each call is a transaction of its own, with intrinsic gas, calldata and refunds as
/// `berlin`
/// counts them. Run with `-vv` to read the figures.
contract GasTest is Base {
    address private constant CONSOLE = address(0x000000000000000000636F6e736F6c652e6c6f67);
    uint256 private constant CODE_LIMIT = 24_576;
    uint256 private constant BUDGET = 400_000;

    uint256 private total;

    /// @dev A new version, a new request and its first transfer, of a dataset that was requested before: the dearest
    /// of the later rounds.
    /// forge-config: default.isolate = true
    function test_the_main_job_in_steady_state_stays_in_its_budget() public {
        serve(3, GrantId.wrap(2), TransferId.wrap(1));
        total = 0;
        serve(4, GrantId.wrap(3), TransferId.wrap(2));
        print("together", total);
        VM.assertLe(total, BUDGET, "gas of the main job");
    }

    function test_contracts_are_below_the_size_limit() public {
        checkSize("DepartmentRegistry", address(departments));
        checkSize("DatasetRegistry", address(datasets));
        checkSize("ConsentRegistry", address(consents));
        checkSize("AccessGrants", address(grants));
        checkSize("TransferLog", address(transfers));
    }

    function serve(uint32 version, GrantId grant, TransferId transfer) private {
        publish(version);
        spend("publishVersion");
        ask(HEALTH);
        spend("request");
        VM.prank(officer(LABOUR));
        grants.approve(grant, digest("terms"));
        spend("approve");
        VM.prank(agent(HEALTH));
        transfers.open(DATASET, version, grant);
        spend("open");
        VM.prank(agent(LABOUR));
        transfers.release(transfer, manifestOf(version), 1, digest("wrap"));
        spend("release");
        VM.prank(agent(HEALTH));
        transfers.acknowledge(transfer, manifestOf(version), digest("tag"));
        spend("acknowledge");
    }

    function spend(string memory call_) private {
        uint256 gas = VM.lastCallGas().gasTotalUsed;
        print(call_, gas);
        total += gas;
    }

    function checkSize(string memory name, address deployed) private view {
        print(name, deployed.code.length);
        VM.assertLe(deployed.code.length, CODE_LIMIT, name);
    }

    function print(string memory what, uint256 figure) private view {
        (bool printed, ) = CONSOLE.staticcall(
            abi.encodeWithSignature("log(string,uint256)", what, figure)
        );
        VM.assertTrue(printed, "print");
    }
}
