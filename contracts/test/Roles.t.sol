// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {DepartmentId} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";
import {Judge} from "./Judge.sol";
import {Registries} from "./Registries.sol";

contract RolesTest is Base, Judge {
    function setUp() public override(Base, Registries) {
        super.setUp();
        setRoles();
    }

    // ------------------------------------------------------------------ AccessGrants
    function test_request() public {
        checkGrants(abi.encodeCall(grants.request, (DATASET, terms())), "UUYUUDUUYUUSUU");
    }

    function test_approve() public {
        bytes memory call_ = abi.encodeCall(grants.approve, (ask(HEALTH), digest("terms")));
        checkGrants(call_, OWNER_OFFICER);
    }

    function test_refuse() public {
        checkGrants(abi.encodeCall(grants.refuse, (ask(HEALTH), why())), OWNER_OFFICER);
    }

    function test_withdraw_a_request() public {
        checkGrants(abi.encodeCall(grants.withdraw, (ask(HEALTH))), "UURUURUUYUUSUU");
    }

    function test_suspend_a_grant() public {
        checkGrants(abi.encodeCall(grants.suspend, (GRANT, why())), OWNER_OFFICER);
    }

    function test_resume() public {
        VM.prank(officer(LABOUR));
        grants.suspend(GRANT, why());
        checkGrants(abi.encodeCall(grants.resume, (GRANT)), OWNER_OFFICER);
    }

    function test_revoke() public {
        checkGrants(abi.encodeCall(grants.revoke, (GRANT, why())), OWNER_OFFICER);
    }

    // ------------------------------------------------------------------ TransferLog
    function test_open() public {
        checkTransfers(abi.encodeCall(transfers.open, (DATASET, 1, GRANT)), "UUrrUrrUYYUSSU");
    }

    function test_release() public {
        open();
        checkTransfers(
            abi.encodeCall(transfers.release, (TRANSFER, manifestOf(1), 1, digest("wrap"))),
            OWNER_AGENT
        );
    }

    function test_decline() public {
        open();
        checkTransfers(abi.encodeCall(transfers.decline, (TRANSFER, why())), OWNER_AGENT);
    }

    function test_acknowledge() public {
        open();
        release(TRANSFER);
        checkTransfers(
            abi.encodeCall(transfers.acknowledge, (TRANSFER, manifestOf(1), digest("tag"))),
            RECEIVER_EVEN_SUSPENDED
        );
    }

    function test_dispute() public {
        open();
        release(TRANSFER);
        checkTransfers(
            abi.encodeCall(transfers.dispute, (TRANSFER, why())),
            RECEIVER_EVEN_SUSPENDED
        );
    }

    function test_settle() public {
        open();
        release(TRANSFER);
        dispute(TRANSFER);
        checkTransfers(abi.encodeCall(transfers.settle, (TRANSFER, why())), RECEIVER);
    }

    // ------------------------------------------------------------------ the judge
    function checkGrants(bytes memory call_, string memory verdicts) private {
        checkAll(address(grants), call_, verdicts);
    }

    function checkTransfers(bytes memory call_, string memory verdicts) private {
        checkAll(address(transfers), call_, verdicts);
    }

    function refusalOf(
        uint256 role,
        address caller,
        bytes4 selector,
        string memory verdicts
    ) internal view override returns (string memory verdict, bytes memory refusal) {
        DepartmentId department = departmentOf(role);
        // The transfer, which has the number 1, then the department.
        bytes memory ofFirst = abi.encodeWithSelector(selector, 1, department);
        if (selector == ITransferLog.NotTheSender.selector) return ("O", ofFirst);
        if (selector == ITransferLog.NotTheReceiver.selector) return ("R", ofFirst);
        if (selector == IAccessGrants.NotTheRequester.selector)
            return ("R", abi.encodeWithSelector(selector, grants.grantCount(), department));
        if (selector == IAccessGrants.OwnDataset.selector)
            return ("D", abi.encodeWithSelector(selector, DATASET));
        return super.refusalOf(role, caller, selector, verdicts);
    }

    function isRecordedRefusal(
        address target,
        bytes memory answer
    ) internal view override returns (bool) {
        return
            target == address(transfers) &&
            answer.length == 32 &&
            abi.decode(answer, (uint256)) == 0;
    }
}
