// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, avoid-low-level-calls

import {Base} from "./Base.sol";

contract PaymentsTest is Base {
    function test_no_contract_takes_money() public {
        address[5] memory all = targets();
        for (uint256 i = 0; i < all.length; ++i) {
            (bool done, ) = all[i].call{value: 1}("");
            VM.assertTrue(!done, "a plain payment");
            (done, ) = all[i].call{value: 1}(abi.encodeWithSignature("version()"));
            VM.assertTrue(!done, "a view");
            VM.assertEq(all[i].balance, 0);
        }
    }

    function test_no_call_takes_money() public {
        bytes memory call_ = abi.encodeCall(grants.approve, (ask(ENERGY), digest("terms")));
        VM.deal(officer(LABOUR), 2);
        VM.prank(officer(LABOUR));
        (bool done, ) = address(grants).call{value: 1}(call_);
        VM.assertTrue(!done, "with money");
        VM.prank(officer(LABOUR));
        (done, ) = address(grants).call(call_);
        VM.assertTrue(done, "without");
    }

    function test_no_contract_answers_what_it_does_not_know() public {
        address[5] memory all = targets();
        for (uint256 i = 0; i < all.length; ++i) {
            (bool done, ) = all[i].call(abi.encodeWithSignature("upgradeTo(address)", STRANGER));
            VM.assertTrue(!done, "an unknown call");
            (done, ) = all[i].call("");
            VM.assertTrue(!done, "no call");
        }
    }

    function targets() private view returns (address[5] memory) {
        return
            [
                address(departments),
                address(datasets),
                address(consents),
                address(grants),
                address(transfers)
            ];
    }
}
